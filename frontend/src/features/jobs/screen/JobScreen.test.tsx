import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Job } from '@/api/generated/types.gen'
import { stubEventSource } from '@/testing/browser'
import { aJob, aManifest, aNode, aRecording, aStrategy, OLDER_JOB } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

const AT = '/p/demo/recordings/recording-1/jobs/job-1'
const DONE = aJob({
  state: 'succeeded',
  stems: ['drums', 'vocals'],
  nodes: [aNode({ state: 'done' }), aNode({ path: 'root/not_drums', parent: 'root', title: 'Low end', state: 'done' })],
})

function open(job: Job = DONE, more = {}, others: readonly Job[] = [OLDER_JOB]) {
  return renderPage(AT, {
    [`GET /api/jobs/${job.id}`]: job,
    'GET /api/jobs': { items: [job, ...others], total: 1 + others.length, limit: 20, offset: 0 },
    'GET /api/recordings/recording-1': aRecording({ latestJob: job }),
    'GET /api/strategies': [aStrategy(), aStrategy({ name: 'other_way', quality: 'good' })],
    'GET /api/jobs/job-1/manifest': aManifest(),
    ...more,
  })
}

beforeEach(stubEventSource)

describe('a job in detail', () => {
  it('tells each step’s time, and what came from the cache', async () => {
    open()
    const steps = within(await screen.findByRole('table', { name: 'Each model run of this job' }))
    expect(steps.getByRole('row', { name: /Percussive/ })).toHaveTextContent('2.5 s')
    expect(steps.getByRole('row', { name: /Low end/ })).toHaveTextContent('from cache')
    expect(screen.getByText('2.5 s of computing; 1 step taken from the cache')).toBeVisible()
  })

  it('tells how exactly the stems add up, and how loud they are', async () => {
    open()
    expect(await screen.findByText('−112.0 dBFS at most')).toBeVisible()
    expect(screen.getByText('−1.00 dB on all files, so that none clips')).toBeVisible()
    expect(screen.getByRole('row', { name: /Drums/ })).toHaveTextContent('−14.2 LUFS')
  })

  it('tells what came in and where it ran', async () => {
    open()
    expect(await screen.findByText('pcm_s16le')).toBeVisible()
    expect(screen.getByText('44.1 kHz')).toBeVisible()
    expect(screen.getByText('cuda')).toBeVisible()
    expect(screen.getByText('torch')).toHaveTextContent('2.13.0')
  })

  it('shows a running job step by step, with its place in the queue', async () => {
    open(aJob({ state: 'queued', queuePosition: 3 }))
    expect(await screen.findByText('Number 3 in the queue.')).toBeVisible()
    expect(screen.getByRole('list', { name: 'Steps of separating Lithium' })).toBeVisible()
    expect(screen.getByRole('button', { name: 'Cancel' })).toBeVisible()
  })

  it('says why it failed, and tries again', async () => {
    const failure = { kind: 'audio', message: 'The model is broken.', node: 'root', fallback: null }
    const failed = aJob({ state: 'failed', failure, attempt: 2 })
    const tried = vi.fn(() => aJob({ state: 'queued', attempt: 3, lastEvent: 9 }))
    open(failed, { 'POST /api/jobs/job-1/retry': tried, 'GET /api/jobs/job-1/manifest': problem(404, 'None.') })
    expect(await screen.findByText(/The model is broken/)).toBeVisible()
    expect(screen.getAllByText(/attempt 2/)[0]).toBeVisible()
    expect(await screen.findByText('No worker has written a record of this job.')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(tried).toHaveBeenCalledOnce()
  })

  it('speaks of the end of a job that ended while one looked', async () => {
    open(aJob({ state: 'succeeded', finishedAt: '2999-01-01T00:00:00Z' }))
    expect(await screen.findByText('Lithium is separated.')).toHaveRole('status')
  })

  it('says that there is no such job, also when it is another recording’s', async () => {
    open(DONE, { 'GET /api/jobs/job-1': aJob({ recordingId: 'recording-2' }) })
    expect(await screen.findByRole('heading', { name: 'There is no such job' })).toBeVisible()
  })
})

describe('the jobs of a recording', () => {
  it('lead to their stems and to their details', async () => {
    open()
    expect(await screen.findByRole('link', { name: 'Play the stems of successive' })).toHaveAttribute(
      'href',
      '/p/demo/recordings/recording-1?job=job-0',
    )
    expect(screen.getByRole('link', { name: 'Details of successive' })).toHaveAttribute(
      'href',
      '/p/demo/recordings/recording-1/jobs/job-0',
    )
  })

  it('are joined by another one with another strategy', async () => {
    const started = vi.fn(() => aJob({ id: 'job-2', strategy: 'other_way', state: 'queued' }))
    const { history } = open(DONE, { 'POST /api/jobs': started })
    expect(await screen.findByRole('combobox', { name: /How to separate/ })).toHaveTextContent('other_way')
    await userEvent.click(screen.getByRole('button', { name: 'Separate' }))
    await waitFor(() => expect(history.location.pathname).toBe('/p/demo/recordings/recording-1/jobs/job-2'))
    expect(started).toHaveBeenCalledWith({ recordingId: 'recording-1', strategy: 'other_way', force: false })
  })

  it('are shown rather than run twice, unless forced', async () => {
    const started = vi.fn(() => aJob({ id: 'job-2', state: 'queued' }))
    open(DONE, { 'POST /api/jobs': started, 'GET /api/strategies': [aStrategy()] })
    expect(await screen.findByRole('button', { name: 'Show that job' })).toBeVisible()
    await userEvent.click(screen.getByRole('checkbox', { name: 'Run it again all the same' }))
    await userEvent.click(screen.getByRole('button', { name: 'Separate' }))
    expect(started).toHaveBeenCalledWith({ recordingId: 'recording-1', strategy: 'instant', force: true })
  })
})

describe('the page of a recording', () => {
  it('shows the job that its address names', async () => {
    renderPage('/p/demo/recordings/recording-1?job=job-0', {
      'GET /api/recordings/recording-1': aRecording({ latestJob: DONE }),
      'GET /api/jobs/job-0': aJob({ id: 'job-0', strategy: 'successive', state: 'cancelled' }),
    })
    expect(await screen.findByText('Cancelled before it was done.')).toBeVisible()
  })

  it('says that a named job is not there', async () => {
    renderPage('/p/demo/recordings/recording-1?job=nope', {
      'GET /api/recordings/recording-1': aRecording({ latestJob: DONE }),
    })
    expect(await screen.findByRole('heading', { name: 'This recording has no such job' })).toBeVisible()
  })
})
