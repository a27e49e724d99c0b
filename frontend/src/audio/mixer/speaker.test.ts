// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BrowserSpeaker } from './speaker'

class Context {
  static made: Context[] = []
  readonly sampleRate: number
  state = 'running'

  constructor({ sampleRate }: AudioContextOptions) {
    if (sampleRate === 1) throw new DOMException('', 'NotSupportedError')
    this.sampleRate = sampleRate ?? 0
    Context.made.push(this)
  }

  async suspend() {
    this.state = 'suspended'
  }

  async close() {
    this.state = 'closed'
  }
}

function touched(hasBeenActive: boolean): void {
  Object.defineProperty(navigator, 'userActivation', { value: { hasBeenActive }, configurable: true })
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('AudioContext', Context)
  Context.made = []
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  Reflect.deleteProperty(navigator, 'userActivation')
  Reflect.deleteProperty(navigator, 'audioSession')
})

describe('BrowserSpeaker', () => {
  it('makes a suspended context ahead on a page that has been touched, and plays through that one', () => {
    touched(true)
    const speaker = new BrowserSpeaker(48_000)
    expect(Context.made).toHaveLength(0)
    vi.runAllTimers()
    expect(Context.made).toMatchObject([{ sampleRate: 48_000, state: 'suspended' }])
    expect(speaker.open()).toBe(Context.made[0])
  })

  it.each(['pointerdown', 'keydown'])('waits for the first %s on a page that nobody has touched', (gesture) => {
    touched(false)
    new BrowserSpeaker(48_000)
    vi.runAllTimers()
    document.dispatchEvent(new Event(gesture))
    expect(Context.made).toHaveLength(0)
    touched(true)
    document.dispatchEvent(new Event(gesture))
    document.dispatchEvent(new Event(gesture))
    expect(Context.made).toHaveLength(1)
  })

  it('makes one at play, and none after it, when play comes first', () => {
    touched(true)
    const speaker = new BrowserSpeaker(48_000)
    expect(speaker.open()).toBe(Context.made[0])
    expect(Context.made[0]?.state).toBe('running')
    vi.runAllTimers()
    document.dispatchEvent(new Event('pointerdown'))
    expect(Context.made).toHaveLength(1)
  })

  it('leaves the sound of other apps alone until play where a context may take it away', () => {
    touched(true)
    Object.defineProperty(navigator, 'audioSession', { value: { type: 'auto' }, configurable: true })
    new BrowserSpeaker(48_000)
    vi.runAllTimers()
    document.dispatchEvent(new Event('pointerdown'))
    expect(Context.made).toHaveLength(0)
  })

  it('leaves it to play to say that there is no sound at this rate', () => {
    touched(true)
    const speaker = new BrowserSpeaker(1)
    vi.runAllTimers()
    expect(() => speaker.open()).toThrow(DOMException)
  })

  it('closes what it made and waits no longer when disposed', () => {
    touched(true)
    const speaker = new BrowserSpeaker(48_000)
    vi.runAllTimers()
    speaker.dispose()
    expect(Context.made[0]?.state).toBe('closed')
    touched(false)
    new BrowserSpeaker(48_000).dispose()
    touched(true)
    document.dispatchEvent(new Event('pointerdown'))
    vi.runAllTimers()
    expect(Context.made).toHaveLength(1)
  })
})
