import type { Level } from '../player'
import type { Frames } from '../units'

/** Longer than an animation frame, so that no peak goes by between two readings. */
const WINDOW: Frames = 2048

export const silence: Level = { peak: 0, rms: 0, clipped: false }

/** Measures the level of a node's output, each side by itself: an analyser would mix them down. */
export class Meter {
  readonly #splitter: ChannelSplitterNode
  readonly #sides: readonly [AnalyserNode, AnalyserNode]
  readonly #window = new Float32Array(WINDOW)
  #clipped = false

  constructor(context: BaseAudioContext, input: AudioNode) {
    this.#splitter = context.createChannelSplitter(2)
    this.#sides = [context.createAnalyser(), context.createAnalyser()]
    input.connect(this.#splitter)
    this.#sides.forEach((side, channel) => {
      side.fftSize = WINDOW
      this.#splitter.connect(side, channel)
    })
  }

  /** Returns peak and RMS of the last 2048 frames, of the louder side. */
  read(): Level {
    let peak = 0
    let loudest = 0
    for (const side of this.#sides) {
      side.getFloatTimeDomainData(this.#window)
      let energy = 0
      for (const sample of this.#window) {
        energy += sample * sample
        peak = Math.max(peak, Math.abs(sample))
      }
      loudest = Math.max(loudest, energy)
    }
    this.#clipped ||= peak > 1
    return { peak, rms: Math.sqrt(loudest / WINDOW), clipped: this.#clipped }
  }

  /** Forgets that full scale was exceeded. */
  clear(): void {
    this.#clipped = false
  }

  dispose(): void {
    this.#splitter.disconnect()
  }
}
