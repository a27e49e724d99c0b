import type { ChunkStore } from '../streaming/chunks'
import type { Timeline } from '../timeline/timeline'
import type { Frames, Span } from '../units'

/** Left and right samples of one stem; a mono stem is on both sides. */
export type Sides = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]

/** Copies a stretch of the timeline, its jumps included, into `sides`; what is not decoded stays as it was there. */
export function copyTimeline(store: ChunkStore, timeline: Timeline, span: Span, sides: Sides): void {
  for (const { at, span: song } of timeline.pieces(span.from, span.to)) copySongSpan(store, song, sides, at - span.from)
}

function copySongSpan(store: ChunkStore, song: Span, sides: Sides, to: Frames): void {
  for (let from = song.from; from < song.to; ) {
    const chunk = store.chunkAt(from)
    if (!chunk) return
    const end = Math.min(chunk.span.to, song.to)
    sides.forEach((side, channel) => {
      const samples = chunk.buffer.getChannelData(Math.min(channel, chunk.buffer.numberOfChannels - 1))
      side.set(samples.subarray(from - chunk.span.from, end - chunk.span.from), to + from - song.from)
    })
    from = end
  }
}
