import { type Amplitude, type Decibels, type Pan, toAmplitude } from '../units'
import { ChannelStrip, SMOOTHING } from './channelStrip'
import { connectLimiter, type Limiter } from './limiter'
import { Meter } from './meter'

/** Sums all channel strips: sum → master fader → limiter, when on → loudspeaker. */
export class MasterBus {
  readonly context: BaseAudioContext
  readonly meter: Meter
  readonly #master: GainNode
  readonly #end: GainNode
  #limiter: Limiter | null = null

  constructor(context: BaseAudioContext, master: Decibels, limiter: boolean) {
    this.context = context
    this.#master = context.createGain()
    this.#master.gain.value = toAmplitude(master)
    this.#end = context.createGain()
    this.meter = new Meter(context, this.#end)
    this.#master.connect(this.#end).connect(context.destination)
    this.setLimiter(limiter)
  }

  /** Makes a channel strip at these settings, connected to the sum. */
  createStrip(amplitude: Amplitude, pan: Pan): ChannelStrip {
    return new ChannelStrip(this.context, this.#master, amplitude, pan)
  }

  setMaster(gain: Decibels): void {
    this.#master.gain.setTargetAtTime(toAmplitude(gain), this.context.currentTime, SMOOTHING)
  }

  setLimiter(on: boolean): void {
    if (on === (this.#limiter !== null)) return
    this.#master.disconnect()
    this.#limiter?.dispose()
    this.#limiter = on ? connectLimiter(this.context, this.#master, this.#end) : null
    if (!on) this.#master.connect(this.#end)
  }

  dispose(): void {
    this.#master.disconnect()
    this.#limiter?.dispose()
    this.#end.disconnect()
    this.meter.dispose()
  }
}
