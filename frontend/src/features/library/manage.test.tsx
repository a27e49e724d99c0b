import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Recording } from '@/api/generated/types.gen'
import { stubDialog } from '@/testing/browser'
import { aJob, aRecording, CONFIG } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

/** A library that searches, renames, tags and deletes as the service does. */
function library(...recordings: Recording[]) {
  const update = vi.fn()
  const all = new Map(recordings.map((recording) => [recording.id, recording]))
  const list = vi.fn(({ searchParams }: URL) => {
    const [q, tag] = [searchParams.get('q'), searchParams.get('tag')]
    const items = [...all.values()].filter(
      ({ title, tags }) =>
        (q === null || title.toLowerCase().includes(q.toLowerCase())) && (tag === null || tags.includes(tag)),
    )
    return { items, total: items.length, limit: 50, offset: 0 }
  })
  const answers: Record<string, unknown> = {
    'GET /api/recordings': list,
    'GET /api/config': { ...CONFIG, formats: ['flac', 'mp3'] },
  }
  for (const id of all.keys()) {
    answers[`PATCH /api/recordings/${id}`] = (change: Partial<Recording>) => {
      update(change)
      const changed = { ...aRecording(all.get(id)), ...change }
      all.set(id, changed)
      return changed
    }
    answers[`DELETE /api/recordings/${id}`] = () => {
      all.delete(id)
      return new Response(null, { status: 204 })
    }
  }
  return { answers, list, update }
}

const LITHIUM = aRecording({ tags: ['live'] })
const SODIUM = aRecording({ id: 'recording-2', title: 'Sodium', tags: ['studio'] })
const link = (name: string) => screen.findByRole('link', { name })

async function choose(title: string, item: string): Promise<void> {
  await userEvent.click(await screen.findByRole('button', { name: `More for ${title}` }))
  await userEvent.click(screen.getByRole('menuitem', { name: item }))
}

beforeEach(stubDialog)

describe('finding', () => {
  it('has the server search, and keeps the words in the address', async () => {
    const { answers, list } = library(LITHIUM, SODIUM)
    const { history } = renderPage('/p/demo', answers)
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Search recordings' }), 'sod')
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Lithium' })).toBeNull())
    expect(screen.getByText('1 recording found')).toBeVisible()
    expect(list.mock.lastCall?.[0].searchParams.get('q')).toBe('sod')
    expect(history.location.search).toBe('?q=sod')
  })

  it('says that nothing matches, and shows all again', async () => {
    renderPage('/p/demo?q=xenon', library(LITHIUM).answers)
    expect(await screen.findByRole('heading', { name: 'No recording matches' })).toBeVisible()
    expect(screen.getByText(/“xenon”/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }))
    expect(await link('Lithium')).toBeVisible()
    expect(screen.getByRole('searchbox')).toHaveValue('')
  })

  it('asks for the chosen order', async () => {
    const { answers, list } = library(LITHIUM, SODIUM)
    renderPage('/p/demo', answers)
    await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'Order' }), 'Title, A to Z')
    await waitFor(() => expect(list.mock.lastCall?.[0].searchParams.get('sort')).toBe('title'))
  })

  it('narrows the list to a tag, and widens it again', async () => {
    renderPage('/p/demo', library(LITHIUM, SODIUM).answers)
    const tags = await screen.findByRole('group', { name: 'Tags' })
    await userEvent.click(within(tags).getByRole('button', { name: 'live' }))
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Sodium' })).toBeNull())
    expect(within(tags).getByRole('button', { pressed: true })).toHaveTextContent('live')
    await userEvent.click(within(tags).getByRole('button', { name: 'live' }))
    expect(await link('Sodium')).toBeVisible()
  })
})

describe('renaming', () => {
  it('saves with Enter', async () => {
    const { answers, update } = library(LITHIUM)
    renderPage('/p/demo', answers)
    await choose('Lithium', 'Rename')
    const field = screen.getByRole('textbox', { name: 'New title of Lithium' })
    expect(field).toHaveFocus()
    await userEvent.clear(field)
    await userEvent.type(field, '  Beryllium {Enter}')
    expect(await link('Beryllium')).toBeVisible()
    expect(update).toHaveBeenCalledExactlyOnceWith({ title: 'Beryllium' })
    expect(screen.getByRole('button', { name: 'More for Beryllium' })).toHaveFocus()
  })

  it('keeps the old title on Escape', async () => {
    const { answers, update } = library(LITHIUM)
    renderPage('/p/demo', answers)
    await choose('Lithium', 'Rename')
    await userEvent.keyboard('Helium{Escape}')
    expect(await link('Lithium')).toBeVisible()
    expect(update).not.toHaveBeenCalled()
  })

  it('keeps the field and says why when the server refuses', async () => {
    const { answers } = library(LITHIUM)
    renderPage('/p/demo', { ...answers, 'PATCH /api/recordings/recording-1': problem(400, 'The title is too long.') })
    await choose('Lithium', 'Rename')
    await userEvent.keyboard('Helium{Enter}')
    expect(await screen.findByText('The title is too long.')).toBeVisible()
    expect(screen.getByRole('textbox')).toHaveValue('Helium')
  })
})

it('adds and takes away tags', async () => {
  const { answers, update } = library(LITHIUM)
  renderPage('/p/demo', answers)
  await choose('Lithium', 'Edit tags')
  const field = screen.getByRole('combobox', { name: 'New tag for Lithium' })
  expect(field).toHaveFocus()
  await userEvent.keyboard('rehearsal{Enter}')
  await waitFor(() => expect(field).toHaveValue(''))
  await userEvent.click(screen.getByRole('button', { name: 'Take away the tag live' }))
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Take away the tag live' })).toBeNull())
  await userEvent.click(screen.getByRole('button', { name: 'Done' }))
  expect(update.mock.calls).toEqual([[{ tags: ['live', 'rehearsal'] }], [{ tags: ['rehearsal'] }]])
  expect(screen.getByRole('list', { name: 'Tags of Lithium' })).toHaveTextContent('rehearsal')
})

describe('deleting', () => {
  it('asks first, then says that the recording is gone', async () => {
    renderPage('/p/demo', library(LITHIUM, SODIUM).answers)
    await choose('Lithium', 'Delete…')
    const dialog = screen.getByRole('dialog', { name: 'Delete “Lithium”?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Delete' }))
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Lithium' })).toBeNull())
    expect(await link('Sodium')).toBeVisible()
    expect(screen.getByText('Lithium is deleted.')).toHaveAttribute('role', 'status')
    expect(screen.getByRole('heading', { name: 'Demo' })).toHaveFocus()
  })

  it('keeps the recording, and says why, when it can’t be deleted', async () => {
    const { answers } = library(LITHIUM)
    renderPage('/p/demo', { ...answers, 'DELETE /api/recordings/recording-1': problem(503, 'The disk is away.') })
    await choose('Lithium', 'Delete…')
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }))
    expect(await screen.findByText('The disk is away.')).toBeVisible()
    expect(screen.getByRole('link', { name: 'Lithium' })).toBeInTheDocument()
  })
})

describe('downloads', () => {
  const separated = aRecording({ latestJob: aJob({ state: 'succeeded', stems: ['drums', 'bass'] }) })

  it('offers all stems in one file', async () => {
    renderPage('/p/demo', library(separated).answers)
    await userEvent.click(await screen.findByRole('button', { name: 'More for Lithium' }))
    const zip = screen.getByRole('menuitem', { name: 'Download all stems (ZIP)' })
    expect(zip).toHaveAttribute('href', '/api/jobs/job-1/download')
  })

  it('offers each stem in a format of choice', async () => {
    renderPage('/p/demo', library(separated).answers)
    await choose('Lithium', 'Download single stems…')
    const stems = screen.getByRole('list', { name: 'Single stems' })
    const address = () => within(stems).getByRole('link', { name: /Drums/ }).getAttribute('href')
    expect(address()).toBe('/api/jobs/job-1/stems/drums/download?format=flac')
    await userEvent.click(screen.getByRole('radio', { name: 'MP3' }))
    expect(address()).toBe('/api/jobs/job-1/stems/drums/download?format=mp3')
  })

  it('offers none before a song is separated', async () => {
    renderPage('/p/demo', library(LITHIUM).answers)
    await userEvent.click(await screen.findByRole('button', { name: 'More for Lithium' }))
    expect(screen.queryByRole('menuitem', { name: /Download/ })).toBeNull()
  })
})
