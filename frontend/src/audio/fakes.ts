import type { Frames } from './units'

/** A start that the engine asked of a source: context frame `at`, song frame `from`. */
export interface Start {
  readonly buffer: AudioBuffer
  readonly at: Frames
  readonly from: Frames
  /** Ends the source as if its file had played out. */
  readonly end: () => void
}

/** An audio clock that moves by hand and writes down every start, so that transport is tested without sound. */
export class FakeContext extends EventTarget {
  readonly starts: Start[] = []
  readonly destination = node()
  state: AudioContextState = 'running'
  currentTime = 0
  /** Seconds that go by during each start, as on a busy thread. */
  stall = 0
  readonly sampleRate: number

  constructor(sampleRate: number) {
    super()
    this.sampleRate = sampleRate
  }

  asContext(): BaseAudioContext {
    return this as unknown as BaseAudioContext
  }

  createGain() {
    return { ...node(), gain: new FakeParam(1) }
  }

  createStereoPanner() {
    return { ...node(), pan: new FakeParam(0) }
  }

  createAnalyser() {
    return { ...node(), fftSize: 0, getFloatTimeDomainData: () => undefined }
  }

  createBufferSource() {
    const source = {
      ...node(),
      buffer: fakeBuffer(0, this.sampleRate),
      onended: () => undefined,
      stop: () => undefined,
      start: (when: number, offset: number) => {
        const { buffer } = source
        const frame = (time: number) => Math.round(time * this.sampleRate)
        this.currentTime += this.stall
        this.starts.push({ buffer, at: frame(when), from: frame(offset), end: () => source.onended() })
      },
    }
    return source
  }
}

export function fakeBuffer(length: Frames, sampleRate: number): AudioBuffer {
  return { length, sampleRate } as AudioBuffer
}

class FakeParam {
  value: number
  constructor(value: number) {
    this.value = value
  }
  setTargetAtTime(target: number) {
    this.value = target
  }
  setValueAtTime() {}
  linearRampToValueAtTime() {}
  cancelScheduledValues() {}
}

function node() {
  return { connect: <T>(target: T) => target, disconnect: () => undefined }
}
