import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { Job } from '@/api/generated/types.gen'
import { aJob, aNode } from '@/testing/data'
import { problem, renderPart } from '@/testing/page'
import { CancelJob } from './CancelJob'
import { JobFailureText, JobRemedies } from './JobFailure'
import { JobTree } from './JobTree'

const FAILURE = {
  kind: 'weights-missing',
  message: 'Run `stemset models download`.',
  node: 'root',
  fallback: 'instant',
}
const FAILED = aJob({
  state: 'failed',
  strategy: 'successive',
  nodes: [aNode({ title: 'Roformer' })],
  failure: FAILURE,
})

describe('the tree of a job', () => {
  const tree = async (change: Partial<Job>) => {
    renderPart(<JobTree job={aJob(change)} title="Lithium" />)
    return within(await screen.findByRole('list', { name: 'Steps of separating Lithium' }))
  }

  it('shows each node with its progress, below its parent', async () => {
    const steps = await tree({
      nodes: [
        aNode({ state: 'done', seconds: 12.3 }),
        aNode({ path: 'root/a', parent: 'root', title: 'Low end', state: 'running', fraction: 0.42 }),
      ],
    })
    expect(steps.getByText('12.3 s')).toBeVisible()
    expect(steps.getByText('42 %')).toBeVisible()
    expect(steps.getByRole('progressbar', { name: 'Progress of Low end' })).toHaveAttribute('aria-valuenow', '42')
    expect(within(steps.getByRole('list')).getByText('Low end')).toBeVisible()
  })

  it('says what waits, what failed, and what was taken from the cache', async () => {
    const steps = await tree({
      nodes: [
        aNode({ path: 'a', title: 'A' }),
        aNode({ path: 'b', title: 'B', state: 'failed' }),
        aNode({ path: 'c', title: 'C', state: 'done', cached: true }),
      ],
    })
    expect(steps.getByText('waiting')).toBeVisible()
    expect(steps.getByText('failed')).toBeVisible()
    expect(steps.getByText('from cache')).toBeVisible()
  })
})

describe('why a job failed', () => {
  it('is told in the worker’s words, with the step and the way out', async () => {
    renderPart(<JobFailureText job={FAILED} />)
    expect(await screen.findByText('stemset models download')).toBeVisible()
    expect(screen.getByText(/At the step “Roformer”/)).toBeVisible()
    expect(screen.getByText(/instant needs no download/)).toBeVisible()
  })

  it('is that it was cancelled', async () => {
    renderPart(<JobFailureText job={aJob({ state: 'cancelled' })} />)
    expect(await screen.findByText('Cancelled before it was done.')).toBeVisible()
  })
})

describe('ways out of a failed job', () => {
  it('try the same again', async () => {
    const retry = vi.fn(() => aJob())
    renderPart(<JobRemedies job={FAILED} />, { 'POST /api/jobs/job-1/retry': retry })
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(retry).toHaveBeenCalledTimes(1))
  })

  it('start the fallback on the same recording', async () => {
    const bodies: unknown[] = []
    const create = (body: unknown) => {
      bodies.push(body)
      return aJob({ id: 'job-2' })
    }
    renderPart(<JobRemedies job={FAILED} />, { 'POST /api/jobs': create })
    await userEvent.click(await screen.findByRole('button', { name: 'Use instant instead' }))
    await waitFor(() => expect(bodies).toMatchObject([{ recordingId: 'recording-1', strategy: 'instant' }]))
  })

  it('say why they did not work', async () => {
    renderPart(<JobRemedies job={FAILED} />, { 'POST /api/jobs/job-1/retry': problem(409, 'It runs already.') })
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('It runs already.')
  })

  it('offer no fallback where there is none', async () => {
    renderPart(<JobRemedies job={aJob({ state: 'failed', failure: { ...FAILURE, fallback: null } })} />)
    await screen.findByRole('button', { name: 'Try again' })
    expect(screen.getAllByRole('button')).toHaveLength(1)
  })
})

describe('cancelling a job', () => {
  it('stays pressed until the job says that it has stopped', async () => {
    renderPart(<CancelJob job={aJob()} title="Lithium" />, { 'POST /api/jobs/job-1/cancel': aJob() })
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }))
    expect(await screen.findByRole('button', { name: 'Stopping…' })).toBeDisabled()
  })

  it('names the song where only an icon is shown', async () => {
    renderPart(<CancelJob job={aJob()} title="Lithium" compact />)
    expect(await screen.findByRole('button', { name: 'Cancel separating Lithium' })).toBeVisible()
  })
})
