import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, RATE } from '@/testing/fakeAudio'
import { earliestStart, earliestStop, isPast, outputFrame, START_LEAD } from './clock'

function contextAt(currentTime: number) {
  const context = new FakeContext()
  context.currentTime = currentTime
  return context
}

afterEach(() => vi.restoreAllMocks())

describe('earliestStart', () => {
  it('is a whole frame, 30 ms ahead', () => {
    expect(START_LEAD).toBe(0.03)
    expect(earliestStart(contextAt(1).asContext())).toBe(1.03 * RATE)
    expect(earliestStart(contextAt(1.000001).asContext())).toBe(1.03 * RATE + 1)
  })

  it('is later with a longer lead', () => {
    expect(earliestStart(contextAt(0).asContext(), 0.5)).toBe(0.5 * RATE)
  })
})

describe('isPast', () => {
  it('is true from 10 ms before a frame on: a message may come too late then', () => {
    const frame = RATE
    expect(isPast(contextAt(0.98).asContext(), frame)).toBe(false)
    expect(isPast(contextAt(0.991).asContext(), frame)).toBe(true)
  })

  it('is true for the earliest stop only when time has gone by', () => {
    const context = contextAt(0)
    const stop = earliestStop(context.asContext())
    expect(stop).toBe(441)
    context.currentTime = 0.001
    expect(isPast(context.asContext(), stop)).toBe(true)
  })
})

describe('outputFrame', () => {
  const withTimestamp = (contextTime: number, performanceTime: number) =>
    Object.assign(contextAt(2), { getOutputTimestamp: () => ({ contextTime, performanceTime }) }).asContext()

  it('is the clock where the browser tells nothing of the output', () => {
    expect(outputFrame(contextAt(2).asContext())).toBe(2 * RATE)
    expect(outputFrame(withTimestamp(0, 0))).toBe(2 * RATE)
  })

  it("stays behind the clock by the output's latency", () => {
    vi.spyOn(performance, 'now').mockReturnValue(10_000)
    expect(outputFrame(withTimestamp(1.9, 9950))).toBe(1.95 * RATE)
  })

  it('never runs ahead of the clock, such as when the timestamp is old', () => {
    vi.spyOn(performance, 'now').mockReturnValue(10_000)
    expect(outputFrame(withTimestamp(1.9, 9000))).toBe(2 * RATE)
  })
})
