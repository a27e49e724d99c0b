import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { aJob, aRecording } from '@/testing/data'
import { LiveStatus } from './LiveStatus'

const SINCE = Date.parse('2026-11-20T18:00:00Z')

function spoken(...jobs: Parameters<typeof aJob>[0][]) {
  const recordings = jobs.map((job, number) =>
    aRecording({ id: `recording-${number}`, title: `Song ${number}`, latestJob: aJob(job) }),
  )
  render(<LiveStatus recordings={recordings} since={SINCE} />)
  return screen.getByRole('status').textContent
}

it('speaks of jobs that go on', () => {
  expect(spoken({ state: 'queued' })).toBe('Song 0 waits for a worker.')
})

it('speaks of jobs that ended while the page was open', () => {
  expect(spoken({ state: 'succeeded', finishedAt: '2026-11-20T18:00:01Z' })).toBe('Song 0 is separated.')
})

it('is silent about jobs that were over before, and songs without one', () => {
  expect(spoken({ state: 'succeeded', finishedAt: '2026-11-20T17:59:59Z' }, { state: 'failed' })).toBe('')
  render(<LiveStatus recordings={[aRecording()]} since={SINCE} />)
})
