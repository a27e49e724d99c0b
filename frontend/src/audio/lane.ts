import type { Frames, Seconds } from './units'

/** Time constant of every fader, mute, solo and pan change: no click, and settled after about 40 ms. */
const SMOOTH: Seconds = 0.005
/** Length of the ramps that keep a stop, or a start inside the song, from clicking. */
const RAMP: Seconds = 0.004
const METER_FRAMES: Frames = 2048

/** One stem's way through the audio graph: source → ramp → gain → panner → analyser → output. */
export class Lane {
  readonly #context: BaseAudioContext
  readonly #gain: GainNode
  readonly #panner: StereoPannerNode
  readonly #analyser: AnalyserNode
  readonly #window: Float32Array<ArrayBuffer>
  #playing: { source: AudioBufferSourceNode; ramp: GainNode } | null = null

  constructor(context: BaseAudioContext, output: AudioNode, amplitude: number, pan: number) {
    this.#context = context
    // Two channels whatever the file has: the panner attenuates mono, and the null against the mixture would go.
    this.#gain = context.createGain()
    this.#gain.channelCount = 2
    this.#gain.channelCountMode = 'explicit'
    this.#gain.gain.value = amplitude
    this.#panner = context.createStereoPanner()
    this.#panner.pan.value = pan
    this.#analyser = context.createAnalyser()
    this.#analyser.fftSize = METER_FRAMES
    this.#window = new Float32Array(METER_FRAMES)
    this.#gain.connect(this.#panner).connect(this.#analyser).connect(output)
  }

  /** Song frame `from` sounds at context frame `at`. `ended` is called when the file has played out, not on stop. */
  start(buffer: AudioBuffer, at: Frames, from: Frames, ended: () => void): void {
    this.stop()
    const when = at / this.#context.sampleRate
    const source = this.#context.createBufferSource()
    source.buffer = buffer
    const ramp = this.#context.createGain()
    if (from > 0) {
      ramp.gain.setValueAtTime(0, when)
      ramp.gain.linearRampToValueAtTime(1, when + RAMP)
    }
    source.connect(ramp).connect(this.#gain)
    source.onended = () => {
      ramp.disconnect()
      if (this.#playing?.source !== source) return
      this.#playing = null
      ended()
    }
    source.start(when, from / buffer.sampleRate)
    this.#playing = { source, ramp }
  }

  stop(): void {
    if (!this.#playing) return
    const { source, ramp } = this.#playing
    this.#playing = null
    const now = this.#context.currentTime
    ramp.gain.cancelScheduledValues(now)
    ramp.gain.setValueAtTime(1, now)
    ramp.gain.linearRampToValueAtTime(0, now + RAMP)
    source.stop(now + RAMP)
  }

  get playing(): boolean {
    return this.#playing !== null
  }

  set(amplitude: number, pan: number): void {
    const now = this.#context.currentTime
    this.#gain.gain.setTargetAtTime(amplitude, now, SMOOTH)
    this.#panner.pan.setTargetAtTime(pan, now, SMOOTH)
  }

  /** The largest amplitude of the last METER_FRAMES, after fader and pan. */
  peak(): number {
    this.#analyser.getFloatTimeDomainData(this.#window)
    let peak = 0
    for (const sample of this.#window) peak = Math.max(peak, Math.abs(sample))
    return peak
  }

  dispose(): void {
    this.stop()
    this.#gain.disconnect()
    this.#panner.disconnect()
    this.#analyser.disconnect()
  }
}
