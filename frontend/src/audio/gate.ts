import type { Frames, Seconds } from './units'

/** Length of the ramps that keep a stop, or a start inside the song, from clicking. */
export const RAMP: Seconds = 0.004

/**
 * Lets several stems through, all by one event of one source: whatever the main thread does meanwhile, none of them is
 * heard without the others. Shut until it is opened.
 */
export class Gate {
  readonly #context: BaseAudioContext
  readonly #control: ConstantSourceNode
  readonly #leaves = new Set<GainNode>()
  #opens: Frames = Number.POSITIVE_INFINITY

  constructor(context: BaseAudioContext) {
    this.#context = context
    this.#control = context.createConstantSource()
    this.#control.offset.value = 0
    this.#control.start()
  }

  /** A way through the gate to `output`. */
  leaf(output: AudioNode): GainNode {
    const leaf = this.#context.createGain()
    leaf.gain.value = 0
    this.#control.connect(leaf.gain)
    leaf.connect(output)
    this.#leaves.add(leaf)
    return leaf
  }

  /** Open from a context frame on; with a ramp unless another's sound is gone on with. */
  open(at: Frames, ramp: boolean): void {
    // Half a frame early: rounding must not cost the first sample.
    const time = Math.max(0, at - 0.5) / this.#context.sampleRate
    this.#opens = at
    const { offset } = this.#control
    offset.setValueAtTime(ramp ? 0 : 1, time)
    if (ramp) offset.linearRampToValueAtTime(1, time + RAMP)
  }

  /** Shut from a context frame on, with a ramp or at once. */
  close(at: Frames, ramp: boolean): void {
    const time = Math.max(0, at - 0.5) / this.#context.sampleRate
    const { offset } = this.#control
    offset.cancelScheduledValues(time)
    if (ramp) {
      offset.setValueAtTime(this.#opens < at ? 1 : 0, time)
      offset.linearRampToValueAtTime(0, time + RAMP)
    } else offset.setValueAtTime(0, time)
  }

  dispose(): void {
    this.#control.stop()
    this.#control.disconnect()
    for (const leaf of this.#leaves) leaf.disconnect()
  }
}
