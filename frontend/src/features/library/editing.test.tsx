import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubDialog } from '@/testing/browser'
import { aJob, aRecording } from '@/testing/data'
import { problem, renderPart } from '@/testing/page'
import { DeleteRecording } from './DeleteRecording'
import { DownloadStems } from './DownloadStems'
import { EditTags } from './EditTags'
import { EditTitle } from './EditTitle'

const LITHIUM = aRecording({ tags: ['live'] })
const PATCH = 'PATCH /api/recordings/recording-1'

beforeEach(stubDialog)

describe('a title that is edited', () => {
  const setUp = async (answer: unknown = LITHIUM) => {
    const onDone = vi.fn()
    const update = vi.fn(() => answer)
    renderPart(<EditTitle recording={LITHIUM} onDone={onDone} />, { [PATCH]: update })
    const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'New title of Lithium' })
    return { onDone, update, field, user: userEvent.setup() }
  }

  it('is selected as a whole, so that typing replaces it', async () => {
    const { field, update, user } = await setUp()
    expect(field).toHaveFocus()
    await user.keyboard('Sodium{Enter}')
    await waitFor(() => expect(update).toHaveBeenCalledExactlyOnceWith({ title: 'Sodium' }))
  })

  it('is saved when the field is left', async () => {
    const { onDone, update, user } = await setUp()
    await user.keyboard('Sodium')
    await user.tab()
    await waitFor(() => expect(onDone).toHaveBeenCalledOnce())
    expect(update).toHaveBeenCalledExactlyOnceWith({ title: 'Sodium' })
  })

  it.each(['Lithium', '  Lithium  ', '   '])('is not sent when it says nothing new: “%s”', async (words) => {
    const { onDone, update, field, user } = await setUp()
    await user.clear(field)
    await user.type(field, `${words}{Enter}`)
    expect(onDone).toHaveBeenCalledOnce()
    expect(update).not.toHaveBeenCalled()
  })

  it('stays open, and marked, when the server refuses it', async () => {
    const { onDone, field, user } = await setUp(problem(422, 'The title is taken.'))
    await user.keyboard('Sodium{Enter}')
    expect(await screen.findByRole('alert')).toHaveTextContent('The title is taken.')
    expect(field).toBeInvalid()
    expect(onDone).not.toHaveBeenCalled()
  })

  it('can’t be changed while it is saved', async () => {
    const { field, user, update } = await setUp(new Promise(() => {}))
    await user.keyboard('Sodium{Enter}')
    await waitFor(() => expect(field).toHaveAttribute('readonly'))
    await user.keyboard('{Enter}')
    expect(update).toHaveBeenCalledOnce()
  })
})

describe('tags that are edited', () => {
  const setUp = async (answer: unknown = LITHIUM, known: readonly string[] = ['live', 'demo']) => {
    const onDone = vi.fn()
    const update = vi.fn(() => answer)
    renderPart(<EditTags recording={LITHIUM} known={known} onDone={onDone} />, { [PATCH]: update })
    const field = await screen.findByRole<HTMLInputElement>('combobox', { name: 'New tag for Lithium' })
    return { onDone, update, field, user: userEvent.setup() }
  }

  it('propose those of other recordings that this one lacks', async () => {
    const { field } = await setUp()
    const proposed = [...(document.getElementById(field.getAttribute('list') ?? '')?.querySelectorAll('option') ?? [])]
    expect(proposed.map(({ value }) => value)).toEqual(['demo'])
  })

  it.each(['live', 'LIVE', ' Live '])('are not had twice: %s', async (tag) => {
    const { field, update, user } = await setUp()
    await user.type(field, `${tag}{Enter}`)
    expect(field).toHaveValue('')
    expect(update).not.toHaveBeenCalled()
  })

  it('are not empty', async () => {
    const { field, update, user } = await setUp()
    expect(screen.getByRole('button', { name: 'Add' })).toBeDisabled()
    await user.type(field, '   {Enter}')
    expect(update).not.toHaveBeenCalled()
  })

  it('keep the word, and say why, when the server refuses it', async () => {
    const { field, user } = await setUp(problem(422, 'A tag has at most 40 characters.'))
    await user.type(field, 'rehearsal{Enter}')
    expect(await screen.findByRole('alert')).toHaveTextContent('A tag has at most 40 characters.')
    expect(field).toHaveValue('rehearsal')
  })

  it('leave the focus in the field, ready for the next one', async () => {
    const { field, user } = await setUp()
    await user.type(field, 'rehearsal{Enter}')
    await waitFor(() => expect(field).toHaveValue(''))
    expect(field).toHaveFocus()
  })

  it('end with Escape, wherever in them the focus is', async () => {
    const { onDone, user } = await setUp()
    screen.getByRole('button', { name: 'Take away the tag live' }).focus()
    await user.keyboard('{Escape}')
    expect(onDone).toHaveBeenCalledOnce()
  })
})

describe('a recording that is about to be deleted', () => {
  const setUp = async (answer: unknown) => {
    const asked = { onClose: vi.fn(), onDeleted: vi.fn() }
    renderPart(<DeleteRecording recording={LITHIUM} {...asked} />, { 'DELETE /api/recordings/recording-1': answer })
    await screen.findByRole('dialog', { name: 'Delete “Lithium”?' })
    return { ...asked, user: userEvent.setup() }
  }

  it('is deleted once that is confirmed', async () => {
    const { onDeleted, user } = await setUp(new Response(null, { status: 204 }))
    expect(onDeleted).not.toHaveBeenCalled()
    await user.click(screen.getByRole('button', { name: 'Delete' }))
    await waitFor(() => expect(onDeleted).toHaveBeenCalledOnce())
  })

  it('offers nothing more while it is on its way out', async () => {
    const { user } = await setUp(() => new Promise(() => {}))
    await user.click(screen.getByRole('button', { name: 'Delete' }))
    expect(await screen.findByRole('button', { name: 'Deleting…' })).toBeDisabled()
    expect(screen.getByRole('button', { name: 'Keep it' })).toBeDisabled()
  })

  it('stays when the server refuses, and the dialog says why', async () => {
    const { onDeleted, user } = await setUp(problem(409, 'A job writes to it.'))
    await user.click(screen.getByRole('button', { name: 'Delete' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('A job writes to it.')
    expect(onDeleted).not.toHaveBeenCalled()
    expect(screen.getByRole('button', { name: 'Delete' })).toBeEnabled()
  })
})

describe('stems that are downloaded', () => {
  const job = aJob({ state: 'succeeded', stems: ['drums', 'lead_vocals'] })

  it('are offered one by one in the chosen format, and together as a ZIP', async () => {
    renderPart(<DownloadStems job={job} title="Lithium" formats={['flac', 'opus']} onClose={() => {}} />)
    await screen.findByRole('dialog', { name: 'Download “Lithium”' })
    const links = () => screen.getAllByRole('link').map((link) => link.getAttribute('href'))
    await userEvent.click(screen.getByRole('radio', { name: 'Opus' }))
    expect(links()).toEqual([
      '/api/jobs/job-1/stems/drums/download?format=opus',
      '/api/jobs/job-1/stems/lead_vocals/download?format=opus',
      '/api/jobs/job-1/download',
    ])
    for (const link of screen.getAllByRole('link')) expect(link).toHaveAttribute('download')
  })

  it('come as FLAC from a server that has not told its formats yet', async () => {
    renderPart(<DownloadStems job={job} title="Lithium" formats={[]} onClose={() => {}} />)
    const [first] = await screen.findAllByRole('link')
    expect(first).toHaveAttribute('href', '/api/jobs/job-1/stems/drums/download?format=flac')
  })
})
