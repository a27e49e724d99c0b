import type { VoiceLane } from './voice'

/** Web Audio's greatest number of channels, at two for each stem. */
export const MOST_LANES = 16

/** Parts a signal of two channels for each lane onto the lanes' strips. */
export class Fan {
  readonly input: ChannelSplitterNode
  readonly #pairs = new Map<VoiceLane, ChannelMergerNode>()

  constructor(context: BaseAudioContext, lanes: readonly VoiceLane[]) {
    this.input = context.createChannelSplitter(2 * lanes.length)
    for (const [number, lane] of lanes.entries()) {
      const pair = context.createChannelMerger(2)
      this.input.connect(pair, 2 * number, 0)
      this.input.connect(pair, 2 * number + 1, 1)
      pair.connect(lane.strip.input)
      this.#pairs.set(lane, pair)
    }
  }

  /** Cuts one lane off. */
  remove(lane: VoiceLane): void {
    this.#pairs.get(lane)?.disconnect()
    this.#pairs.delete(lane)
  }

  dispose(): void {
    this.input.disconnect()
    for (const pair of this.#pairs.values()) pair.disconnect()
  }
}
