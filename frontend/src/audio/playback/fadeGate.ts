import type { Frames, Seconds } from '../units'

/** Length of the ramps that keep a stop, or a start inside the song, from clicking. */
export const RAMP: Seconds = 0.004

/** A gain that lets sound through from one context frame to another; shut until it is opened. */
export class FadeGate {
  readonly node: GainNode
  #opens: Frames = Number.POSITIVE_INFINITY

  constructor(context: BaseAudioContext) {
    this.node = context.createGain()
    this.node.gain.value = 0
    this.node.channelInterpretation = 'discrete'
  }

  /** Opens at a context frame; with a ramp, unless it continues another gate's sound. */
  open(at: Frames, ramp: boolean): void {
    this.#opens = at
    const time = this.#timeBefore(at)
    const { gain } = this.node
    gain.setValueAtTime(ramp ? 0 : 1, time)
    if (ramp) gain.linearRampToValueAtTime(1, time + RAMP)
  }

  /** Shuts at a context frame, with a ramp or at once. */
  close(at: Frames, ramp: boolean): void {
    const time = this.#timeBefore(at)
    const { gain } = this.node
    gain.cancelScheduledValues(time)
    gain.setValueAtTime(ramp && this.#opens < at ? 1 : 0, time)
    if (ramp) gain.linearRampToValueAtTime(0, time + RAMP)
  }

  /** Half a frame early: rounding must not cost or add a sample. */
  #timeBefore(at: Frames): Seconds {
    return Math.max(0, at - 0.5) / this.node.context.sampleRate
  }
}
