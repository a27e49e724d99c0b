import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { aRecording } from '@/testing/data'
import { renderPart } from '@/testing/page'
import { UploadRow } from './UploadRow'
import type { Upload } from './uploads'

const file = new File(['x'.repeat(2000)], 'take-04.wav')

function anUpload(change: Partial<Upload> = {}): Upload {
  const request = { file, profile: 'demo', strategy: 'instant' }
  return { id: 1, request, state: 'sending', sentBytes: 500, message: null, recording: null, resumed: false, ...change }
}

async function setUp(change: Partial<Upload> = {}) {
  const asked = { onRemove: vi.fn(), onRetry: vi.fn(), onPause: vi.fn() }
  renderPart(<UploadRow upload={anUpload(change)} {...asked} />)
  await screen.findByText('take-04.wav')
  return { ...asked, user: userEvent.setup() }
}

const buttons = () =>
  screen.getAllByRole('button').map((button) => button.getAttribute('aria-label') ?? button.textContent)

describe('a file on its way', () => {
  it.each<[Partial<Upload>, string]>([
    [{}, '500 B of 2 kB'],
    [{ resumed: true }, '500 B of 2 kB; going on where it was before this page was closed'],
    [{ state: 'waiting' }, 'waiting for its turn'],
    [{ state: 'waiting', resumed: true }, 'will go on where it was before this page was closed'],
    [{ state: 'paused' }, 'paused at 500 B of 2 kB'],
    [{ state: 'checking', sentBytes: 2000 }, 'sent; the server is reading it'],
  ])('says how it is: %o', async (change, words) => {
    await setUp(change)
    expect(screen.getByText(words)).toBeVisible()
  })

  it('shows how much of it is sent', async () => {
    await setUp()
    expect(screen.getByRole('progressbar', { name: 'Upload of take-04.wav' })).toHaveAttribute('aria-valuenow', '25')
  })

  it('can be paused or stopped while it is sent', async () => {
    const { user, onPause, onRemove } = await setUp()
    await user.click(screen.getByRole('button', { name: 'Pause uploading take-04.wav' }))
    await user.click(screen.getByRole('button', { name: 'Stop uploading take-04.wav' }))
    expect(onPause).toHaveBeenCalledOnce()
    expect(onRemove).toHaveBeenCalledOnce()
  })

  it('can go on when it is paused', async () => {
    const { user, onRetry } = await setUp({ state: 'paused' })
    expect(buttons()).toEqual(['Go on uploading take-04.wav', 'Stop uploading take-04.wav'])
    await user.click(screen.getByRole('button', { name: 'Go on uploading take-04.wav' }))
    expect(onRetry).toHaveBeenCalledOnce()
  })

  it('can only be stopped while the server reads it', async () => {
    await setUp({ state: 'checking' })
    expect(buttons()).toEqual(['Stop uploading take-04.wav'])
  })
})

describe('a file that did not arrive', () => {
  it('says why, and may be tried again', async () => {
    const { user, onRetry } = await setUp({ state: 'failed', message: 'The connection broke off.' })
    expect(screen.getByRole('alert')).toHaveTextContent('Upload failed: The connection broke off.')
    expect(screen.queryByRole('progressbar')).toBeNull()
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(onRetry).toHaveBeenCalledOnce()
  })

  it('that was refused is not tried again: it would be refused again', async () => {
    const { user, onRemove } = await setUp({ state: 'refused', message: 'It is an empty file.' })
    expect(screen.getByRole('alert')).toHaveTextContent('Not uploaded: It is an empty file.')
    expect(buttons()).toEqual(['Remove the message about take-04.wav'])
    await user.click(screen.getByRole('button', { name: 'Remove the message about take-04.wav' }))
    expect(onRemove).toHaveBeenCalledOnce()
  })
})

describe('a song that was there already', () => {
  it('says so, and leads to it', async () => {
    await setUp({ state: 'known', recording: aRecording() })
    expect(screen.getByRole('status')).toHaveTextContent('This song is here already, as “Lithium”')
    expect(screen.getByRole('link', { name: 'Open it' })).toHaveAttribute('href', '/p/demo/recordings/recording-1')
    expect(buttons()).toEqual(['Remove the message about take-04.wav'])
  })
})

it('an empty file has no progress to divide by', async () => {
  const request = { file: new File([], 'take-04.wav'), profile: 'demo', strategy: 'instant' }
  await setUp({ request, sentBytes: 0 })
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '0')
})
