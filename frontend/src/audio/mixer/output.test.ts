import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext } from '@/testing/fakeAudio'
import { Output } from './output'

class FakeAudioContext extends FakeContext {
  resumed = 0
  closed = 0
  resume() {
    this.resumed += 1
    return Promise.resolve()
  }
  close() {
    this.closed += 1
    this.become('closed')
    return Promise.resolve()
  }
  become(state: string) {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
}

function setUp(open?: () => BaseAudioContext) {
  const context = new FakeAudioContext()
  const events: string[] = []
  const speaker = { open: vi.fn(open ?? (() => context.asContext())), dispose: vi.fn() }
  const output = new Output(speaker, {
    onRunning: () => events.push('running'),
    onInterrupted: (willResume) => events.push(willResume ? 'interrupted, will resume' : 'interrupted'),
    onProblemChange: () => events.push(`problem: ${output.problem}`),
  })
  return { context, speaker, output, events }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  Reflect.deleteProperty(navigator, 'audioSession')
})

describe('Output', () => {
  it('makes one bus, at the first opening, with the settings of that time', () => {
    const { speaker, output } = setUp()
    expect(output.bus).toBeNull()
    expect(output.open(-6, true)).toBe(true)
    const { bus } = output
    expect(output.open(0, false)).toBe(true)
    expect(output.bus).toBe(bus)
    expect(speaker.open).toHaveBeenCalledTimes(1)
  })

  it('resumes a suspended context, and says that it is blocked when it does not run in time', () => {
    const { context, output, events } = setUp()
    context.state = 'suspended'
    output.open(0, false)
    expect(context.resumed).toBe(1)
    vi.advanceTimersByTime(599)
    expect(output.problem).toBeNull()
    vi.advanceTimersByTime(1)
    expect(output.problem).toBe('blocked')
    context.become('running')
    expect(output.problem).toBeNull()
    expect(events).toEqual(['problem: blocked', 'problem: null', 'running'])
  })

  it('is not blocked by a context that runs in time', () => {
    const { context, output } = setUp()
    context.state = 'suspended'
    output.open(0, false)
    context.become('running')
    vi.runAllTimers()
    expect(output.problem).toBeNull()
  })

  it('tells an interruption that the system ends itself from one that it does not', () => {
    const { context, output, events } = setUp()
    output.open(0, false)
    context.become('interrupted')
    expect(output.problem).toBe('interrupted')
    context.become('running')
    context.become('suspended')
    expect(events.filter((event) => event.startsWith('interrupted'))).toEqual([
      'interrupted, will resume',
      'interrupted',
    ])
  })

  it('takes a context that has never run for one that waits, not for an interrupted one', () => {
    const { context, output, events } = setUp()
    context.state = 'suspended'
    output.open(0, false)
    context.become('suspended')
    expect(events).toEqual([])
  })

  it("says so when the browser can't play at the rate", () => {
    const { output, events } = setUp(() => {
      throw new DOMException('', 'NotSupportedError')
    })
    expect(output.open(0, false)).toBe(false)
    expect(events).toEqual(['problem: sample-rate'])
  })

  it('says so when the browser has no Web Audio', () => {
    const { output } = setUp(() => {
      throw new ReferenceError('AudioContext is not defined')
    })
    expect(output.open(0, false)).toBe(false)
    expect(output.problem).toBe('no-web-audio')
  })

  it('does not hide another failure', () => {
    vi.stubGlobal('AudioContext', class {})
    const { output } = setUp(() => {
      throw new RangeError('something else')
    })
    expect(() => output.open(0, false)).toThrow(RangeError)
  })

  it('asks for sound that ignores the ringer switch, where there is one', () => {
    Object.defineProperty(navigator, 'audioSession', { value: { type: 'auto' }, configurable: true })
    setUp().output.open(0, false)
    expect((navigator as unknown as { audioSession: { type: string } }).audioSession.type).toBe('playback')
  })

  it('closes the context once when disposed, and takes that for no interruption', () => {
    const { context, speaker, output, events } = setUp()
    output.open(0, false)
    output.dispose()
    expect(context.closed).toBe(1)
    expect(speaker.dispose).toHaveBeenCalledTimes(1)
    expect(events).toEqual([])
    output.dispose()
    expect(context.closed).toBe(1)
  })
})
