import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { aJob } from '@/testing/data'
import { watchJob } from './watch'

class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2
  static opened: FakeEventSource[] = []
  readyState = 1
  constructor(readonly url: string) {
    super()
    FakeEventSource.opened.push(this)
  }
  close() {
    this.readyState = FakeEventSource.CLOSED
  }
  say(type: string, job = aJob()) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify({ number: 1, type, at: '', job }) }))
  }
  refuse() {
    this.close()
    this.dispatchEvent(new Event('error'))
  }
}

const stops: (() => void)[] = []
function watch(id: string, onEvent = vi.fn()) {
  stops.push(watchJob(id, onEvent))
  return onEvent
}

beforeEach(() => {
  FakeEventSource.opened = []
  vi.stubGlobal('EventSource', FakeEventSource)
  vi.useFakeTimers()
})

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  vi.useRealTimers()
})

it('passes each named event on', () => {
  const onEvent = watch('a')
  FakeEventSource.opened[0]?.say('node_progress')
  expect(FakeEventSource.opened[0]?.url).toBe('/api/jobs/a/events')
  expect(onEvent).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'node_progress' }))
})

it('closes the stream after the final event', () => {
  watch('a')
  FakeEventSource.opened[0]?.say('succeeded', aJob({ state: 'succeeded' }))
  expect(FakeEventSource.opened[0]?.readyState).toBe(FakeEventSource.CLOSED)
})

it('opens a refused stream again after a while', () => {
  watch('a')
  FakeEventSource.opened[0]?.refuse()
  expect(FakeEventSource.opened).toHaveLength(1)
  vi.advanceTimersByTime(5000)
  expect(FakeEventSource.opened).toHaveLength(2)
})

it('stays closed once stopped', () => {
  watch('a')
  FakeEventSource.opened[0]?.refuse()
  stops.splice(0).forEach((stop) => {
    stop()
  })
  vi.advanceTimersByTime(60_000)
  expect(FakeEventSource.opened).toHaveLength(1)
})

it('leaves connections for the rest of the page: three streams at once', () => {
  for (const id of ['a', 'b', 'c', 'd']) watch(id)
  expect(FakeEventSource.opened).toHaveLength(3)
  stops[0]?.()
  watch('e')
  expect(FakeEventSource.opened.at(-1)?.url).toBe('/api/jobs/e/events')
})
