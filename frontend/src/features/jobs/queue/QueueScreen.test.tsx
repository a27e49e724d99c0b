import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Job } from '@/api/generated/types.gen'
import { stubEventSource } from '@/testing/browser'
import { aJob, aNode, aRecording, HEALTH } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

beforeEach(stubEventSource)

/** A service with these jobs, all on the recording "Lithium". */
function jobs(...all: Job[]) {
  return {
    'GET /api/jobs': ({ searchParams }: URL) => {
      const items = all.filter(({ state }) => state === searchParams.get('state'))
      return { items, total: items.length, limit: 50, offset: 0 }
    },
    'GET /api/recordings/recording-1': aRecording(),
  }
}

it('says when nothing waits', async () => {
  renderPage('/queue', jobs())
  expect(await screen.findByRole('heading', { name: 'Nothing is waiting' })).toBeVisible()
})

it('shows what runs with its progress and the time left', async () => {
  const nodes = [aNode({ state: 'done', fraction: 1 }), aNode({ state: 'running', fraction: 0.5 })]
  renderPage('/queue', jobs(aJob({ nodes, etaS: 38 })))
  const link = await screen.findByRole('link', { name: 'Lithium' })
  expect(link).toHaveAttribute('href', '/p/demo/recordings/recording-1')
  expect(screen.getByText('instant · separating · 38 s left')).toBeVisible()
  expect(screen.getByRole('progressbar', { name: 'Progress of Lithium' })).toHaveAttribute('aria-valuenow', '75')
})

it('lines up what waits, the next one first', async () => {
  const waiting = (place: number) => aJob({ id: `job-${place}`, state: 'queued', queuePosition: place })
  renderPage('/queue', jobs(waiting(3), waiting(1), waiting(2)))
  const section = await screen.findByRole('region', { name: 'Waiting' })
  const rows = within(section).getAllByRole('listitem')
  expect(rows.map((row) => /next|number \d/.exec(row.textContent ?? '')?.[0])).toEqual(['next', 'number 2', 'number 3'])
})

it('cancels a job that waits', async () => {
  const cancelled = vi.fn(() => aJob({ state: 'cancelled', lastEvent: 2 }))
  const job = aJob({ state: 'queued', queuePosition: 1 })
  renderPage('/queue', { ...jobs(job), 'POST /api/jobs/job-1/cancel': cancelled })
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel separating Lithium' }))
  await waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
})

it('offers another try of what failed', async () => {
  const failure = { kind: 'audio', message: 'It is cut off.', node: null, fallback: null }
  renderPage('/queue', jobs(aJob({ state: 'failed', failure })))
  const section = await screen.findByRole('region', { name: 'Failed' })
  expect(within(section).getByText(/It is cut off/)).toBeVisible()
  expect(within(section).getByRole('button', { name: 'Try again' })).toBeVisible()
})

it('shows the server’s words when the queue can’t be read', async () => {
  renderPage('/queue', { 'GET /api/jobs': problem(503, 'The database does not answer.') })
  expect(await screen.findByText('The database does not answer.')).toBeVisible()
})

it('leads to the queue from the status of the service', async () => {
  const page = { 'GET /api/recordings': { items: [], total: 0, limit: 50, offset: 0 } }
  renderPage('/p/demo', { ...page, 'GET /api/health': { ...HEALTH, running: 1, queued: 2 } })
  const chip = await screen.findByRole('link', { name: 'worker ready · 1 running, 2 waiting. Open the queue.' })
  expect(chip).toHaveAttribute('href', '/queue')
})

it('says on the page that the server does not answer', async () => {
  const page = { 'GET /api/recordings': { items: [aRecording()], total: 1, limit: 50, offset: 0 } }
  renderPage('/p/demo', { ...page, 'GET /api/health': problem(502, 'Bad gateway') })
  expect(await screen.findByText(/What you see is what was known last/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Lithium' })).toBeVisible()
})
