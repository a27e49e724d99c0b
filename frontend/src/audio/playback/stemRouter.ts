import type { VoiceTrack } from './voice'

/** Web Audio has at most 32 channels; each stem takes two. */
export const MOST_TRACKS = 16

/** Splits a signal of two channels for each track and routes each pair to its track's strip. */
export class StemRouter {
  readonly input: ChannelSplitterNode
  readonly #pairs = new Map<VoiceTrack, ChannelMergerNode>()

  constructor(context: BaseAudioContext, tracks: readonly VoiceTrack[]) {
    this.input = context.createChannelSplitter(2 * tracks.length)
    for (const [number, track] of tracks.entries()) {
      const pair = context.createChannelMerger(2)
      this.input.connect(pair, 2 * number, 0)
      this.input.connect(pair, 2 * number + 1, 1)
      pair.connect(track.strip.input)
      this.#pairs.set(track, pair)
    }
  }

  /** Disconnects one track. */
  remove(track: VoiceTrack): void {
    this.#pairs.get(track)?.disconnect()
    this.#pairs.delete(track)
  }

  dispose(): void {
    this.input.disconnect()
    for (const pair of this.#pairs.values()) pair.disconnect()
  }
}
