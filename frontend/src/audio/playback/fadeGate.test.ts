import { describe, expect, it } from 'vitest'
import { FakeContext, fakeParam, RATE } from '@/testing/fakeAudio'
import { FadeGate, RAMP } from './fadeGate'

function setUp() {
  const gate = new FadeGate(new FakeContext().asContext())
  return { gate, events: fakeParam(gate.node.gain).events }
}

/** Half a frame before a context frame, where every change stands. */
const justBefore = (frame: number) => (frame - 0.5) / RATE

describe('FadeGate', () => {
  it('is shut until it is opened', () => {
    expect(setUp().gate.node.gain.value).toBe(0)
  })

  it('opens at once where it continues other sound', () => {
    const { gate, events } = setUp()
    gate.open(1000, false)
    expect(events).toEqual([{ kind: 'set', value: 1, time: justBefore(1000) }])
  })

  it('opens with a ramp of 4 ms inside a song', () => {
    const { gate, events } = setUp()
    gate.open(1000, true)
    expect(events).toEqual([
      { kind: 'set', value: 0, time: justBefore(1000) },
      { kind: 'ramp', value: 1, time: justBefore(1000) + RAMP },
    ])
    expect(RAMP).toBe(0.004)
  })

  it('fades out from full, whatever was scheduled for later', () => {
    const { gate, events } = setUp()
    gate.open(1000, false)
    gate.close(2000, true)
    expect(events.slice(1)).toEqual([
      { kind: 'cancel', time: justBefore(2000) },
      { kind: 'set', value: 1, time: justBefore(2000) },
      { kind: 'ramp', value: 0, time: justBefore(2000) + RAMP },
    ])
  })

  it('shuts at once where other sound continues', () => {
    const { gate, events } = setUp()
    gate.open(1000, false)
    gate.close(2000, false)
    expect(events.slice(1)).toEqual([
      { kind: 'cancel', time: justBefore(2000) },
      { kind: 'set', value: 0, time: justBefore(2000) },
    ])
  })

  it('stays silent when it is shut before it was to open', () => {
    const { gate, events } = setUp()
    gate.open(5000, true)
    gate.close(2000, true)
    expect(events.slice(-2)).toEqual([
      { kind: 'set', value: 0, time: justBefore(2000) },
      { kind: 'ramp', value: 0, time: justBefore(2000) + RAMP },
    ])
  })

  it('schedules nothing before the context began', () => {
    const { gate, events } = setUp()
    gate.open(0, false)
    expect(events[0]?.time).toBe(0)
  })
})
