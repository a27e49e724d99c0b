import type { Amplitude, Pan, Seconds } from '../units'
import { Meter } from './meter'

/** Time constant of every fader, mute, solo and pan change: no click, and settled after about 40 ms. */
export const SMOOTHING: Seconds = 0.005

/** Sets one stem's gain and pan: input → gain → panner → output, with a meter at its end. */
export class ChannelStrip {
  readonly input: GainNode
  readonly meter: Meter
  readonly #context: BaseAudioContext
  readonly #panner: StereoPannerNode

  constructor(context: BaseAudioContext, output: AudioNode, amplitude: Amplitude, pan: Pan) {
    this.#context = context
    // Two channels whatever the file has: the panner attenuates mono, and the null against the mixture would go.
    this.input = context.createGain()
    this.input.channelCount = 2
    this.input.channelCountMode = 'explicit'
    this.input.gain.value = amplitude
    this.#panner = context.createStereoPanner()
    this.#panner.pan.value = pan
    this.input.connect(this.#panner).connect(output)
    this.meter = new Meter(context, this.#panner)
  }

  /** Moves to other settings, smoothly. */
  set(amplitude: Amplitude, pan: Pan): void {
    const now = this.#context.currentTime
    this.input.gain.setTargetAtTime(amplitude, now, SMOOTHING)
    this.#panner.pan.setTargetAtTime(pan, now, SMOOTHING)
  }

  dispose(): void {
    this.input.disconnect()
    this.#panner.disconnect()
    this.meter.dispose()
  }
}
