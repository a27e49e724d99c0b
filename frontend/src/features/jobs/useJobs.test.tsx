import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { getJobQueryKey } from '@/api/generated/@tanstack/react-query.gen'
import type { Job } from '@/api/generated/types.gen'
import { aJob } from '@/testing/data'
import { useJobStream } from './useJobs'

class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2
  static opened: FakeEventSource[] = []
  readonly url: string
  closed = false

  constructor(url: string) {
    super()
    this.url = url
    FakeEventSource.opened.push(this)
  }
  close() {
    this.closed = true
  }
  tell(type: string, job: Job) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify({ type, job }) }))
  }
}

beforeEach(() => {
  FakeEventSource.opened = []
  vi.stubGlobal('EventSource', FakeEventSource)
})

function setUp(first: Job | null) {
  const client = new QueryClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  )
  const key = getJobQueryKey({ path: { job_id: 'job-1' } })
  client.setQueryData(key, first)
  const { rerender, unmount } = renderHook(({ job }) => useJobStream(job), { initialProps: { job: first }, wrapper })
  return { client, rerender, unmount, cached: () => client.getQueryData<Job>(key) }
}

describe('useJobStream', () => {
  it('follows a running job, and keeps its newest state in the cache', () => {
    const { cached, unmount } = setUp(aJob({ lastEvent: 1 }))
    const [stream] = FakeEventSource.opened
    expect(stream?.url).toBe('/api/jobs/job-1/events')
    act(() => stream?.tell('node_progress', aJob({ lastEvent: 2, attempt: 2 })))
    expect(cached()?.attempt).toBe(2)
    unmount()
    expect(stream?.closed).toBe(true)
  })

  it('follows no job that waits or is over', () => {
    setUp(aJob({ state: 'queued' }))
    setUp(aJob({ state: 'succeeded' }))
    setUp(null)
    expect(FakeEventSource.opened).toEqual([])
  })

  it('begins when a job begins to run', () => {
    const { rerender, unmount } = setUp(aJob({ state: 'queued' }))
    rerender({ job: aJob({ state: 'running' }) })
    expect(FakeEventSource.opened).toHaveLength(1)
    unmount()
  })

  it('asks for the recordings anew when the job is over', () => {
    const { client, unmount } = setUp(aJob())
    const invalidate = vi.spyOn(client, 'invalidateQueries')
    const [stream] = FakeEventSource.opened
    act(() => stream?.tell('node_progress', aJob({ lastEvent: 2 })))
    expect(invalidate).not.toHaveBeenCalled()
    act(() => stream?.tell('succeeded', aJob({ state: 'succeeded', lastEvent: 3 })))
    expect(invalidate).toHaveBeenCalledTimes(1)
    expect(stream?.closed).toBe(true)
    unmount()
  })
})
