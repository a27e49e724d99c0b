import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Recording } from '@/api/generated/types.gen'
import { Uploads } from '@/features/upload'
import { stubEventSource } from '@/testing/browser'
import { aJob, aNode, aRecording, aStrategy } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

const FAILED = aJob({
  state: 'failed',
  strategy: 'successive',
  nodes: [aNode({ state: 'failed', title: 'MelBand Roformer' })],
  failure: {
    kind: 'weights-missing',
    message: 'The weights are absent. Run `make it`.',
    node: 'root',
    fallback: 'instant',
  },
})

function page(...items: Recording[]) {
  return { 'GET /api/recordings': { items, total: items.length, limit: 50, offset: 0 } }
}

beforeEach(stubEventSource)

describe('the page of a profile', () => {
  it('is where `/` leads: the default profile', async () => {
    const { history } = renderPage('/', page())
    await waitFor(() => expect(history.location.pathname).toBe('/p/demo'))
  })

  it('tells the limits before an upload', async () => {
    renderPage('/p/demo', page())
    expect(await screen.findByText(/up to 2 MB and 30 minutes/)).toBeVisible()
  })

  it('invites a song when there is none', async () => {
    renderPage('/p/demo', page())
    expect(await screen.findByRole('heading', { name: 'No songs here yet' })).toBeVisible()
  })

  it('lists recordings with their stems, and links to them', async () => {
    renderPage(
      '/p/demo',
      page(aRecording({ latestJob: aJob({ state: 'succeeded', stems: ['drums', 'vocals', 'bass'] }) })),
    )
    const link = await screen.findByRole('link', { name: 'Lithium' })
    expect(link).toHaveAttribute('href', '/p/demo/recordings/recording-1')
    const row = link.closest('li') as HTMLElement
    expect(within(row).getAllByTitle('Drums').length).toBeGreaterThan(0)
  })

  it('shows a running job node by node, and speaks its step', async () => {
    const nodes = [
      aNode({ state: 'done', fraction: 1, seconds: 24.13 }),
      aNode({ path: 'root/x', parent: 'root', title: 'Low end', state: 'running', fraction: 0.614 }),
    ]
    renderPage('/p/demo', page(aRecording({ latestJob: aJob({ nodes }) })))
    const tree = await screen.findByRole('list', { name: 'Steps of separating Lithium' })
    expect(within(tree).getByText('24.1 s')).toBeVisible()
    expect(within(tree).getByText('61 %')).toBeVisible()
    expect(screen.getByRole('progressbar', { name: 'Progress of Low end' })).toHaveAttribute('aria-valuenow', '61')
    expect(screen.getByText('Separating Lithium: step 2 of 2, Low end.').closest('[role=status]')).not.toBeNull()
  })

  it('cancels a job', async () => {
    const cancelled = vi.fn(() => aJob({ state: 'cancelled', lastEvent: 2 }))
    renderPage('/p/demo', { ...page(aRecording({ latestJob: aJob() })), 'POST /api/jobs/job-1/cancel': cancelled })
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel separating Lithium' }))
    expect(await screen.findByText('Cancelled before it was done.')).toBeVisible()
  })

  it('says why a job failed and offers the strategy that would work', async () => {
    const started = vi.fn(() => aJob({ id: 'job-2', state: 'queued', createdAt: '2026-11-20T18:00:00Z' }))
    renderPage('/p/demo', { ...page(aRecording({ latestJob: FAILED })), 'POST /api/jobs': started })
    expect(await screen.findByText(/The weights are absent/)).toBeVisible()
    expect(screen.getByText('make it')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Use instant instead' }))
    await waitFor(() => expect(started).toHaveBeenCalledWith({ recordingId: 'recording-1', strategy: 'instant' }))
  })

  it('tries the same job again', async () => {
    const retried = vi.fn(() => aJob({ ...FAILED, state: 'queued', attempt: 2, lastEvent: 3 }))
    renderPage('/p/demo', { ...page(aRecording({ latestJob: FAILED })), 'POST /api/jobs/job-1/retry': retried })
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(retried).toHaveBeenCalledOnce())
  })

  it('shows the server’s words when the list fails', async () => {
    renderPage('/p/demo', { 'GET /api/recordings': problem(503, 'The database does not answer.') })
    expect(await screen.findByText('The database does not answer.')).toBeVisible()
    expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible()
  })

  it('names the profiles that exist when this one does not', async () => {
    renderPage('/p/nope', page())
    expect(await screen.findByRole('heading', { name: 'There is no profile “nope”' })).toBeVisible()
    expect(screen.getByRole('link', { name: 'Demo' })).toHaveAttribute('href', '/p/demo')
  })

  it('uploads chosen files with the chosen strategy', async () => {
    const sent = vi.fn(() => new Promise<never>(() => {}))
    const strategies = [aStrategy(), aStrategy({ name: 'other_way', quality: 'good' })]
    renderPage('/p/demo', { ...page(), 'GET /api/strategies': strategies }, new Uploads(sent))
    const user = userEvent.setup()
    await user.click(await screen.findByRole('combobox'))
    await user.click(screen.getByRole('option', { name: /other_way/ }))
    const file = new File(['sound'], 'take-04.wav', { type: 'audio/wav' })
    await user.upload(screen.getByLabelText('choose files'), file)
    expect(sent).toHaveBeenCalledExactlyOnceWith(
      { file, profile: 'demo', strategy: 'other_way' },
      null,
      expect.anything(),
      expect.anything(),
    )
    expect(screen.getByRole('button', { name: 'Stop uploading take-04.wav' })).toBeVisible()
  })
})

describe('the page of a recording', () => {
  const at = '/p/demo/recordings/recording-1'

  it('shows the job while no stem is ready', async () => {
    renderPage(at, { 'GET /api/recordings/recording-1': aRecording({ latestJob: aJob() }) })
    expect(await screen.findByRole('heading', { name: 'Lithium' })).toBeVisible()
    expect(screen.getByText('Reading the song…')).toBeVisible()
  })

  it('offers strategies when no job ever ran', async () => {
    const started = vi.fn(() => aJob({ state: 'queued' }))
    renderPage(at, {
      'GET /api/recordings/recording-1': aRecording(),
      'GET /api/strategies': [aStrategy()],
      'POST /api/jobs': started,
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Separate' }))
    await waitFor(() => expect(started).toHaveBeenCalledWith({ recordingId: 'recording-1', strategy: 'instant' }))
  })

  it('says that there is no such recording', async () => {
    renderPage(at, {})
    expect(await screen.findByRole('heading', { name: 'There is no such recording' })).toBeVisible()
  })
})

it('says that an address leads nowhere', async () => {
  renderPage('/no/such/page', {})
  expect(await screen.findByRole('heading', { name: 'There is nothing at this address' })).toBeVisible()
})
