import type { ChunkStore } from '../streaming/chunks'
import type { Tape } from '../timeline/timeline'
import type { Frames, Span } from '../units'

/** One stem's sound of a stretch of tape, left and right; a mono stem is on both sides. */
export type Sides = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]

/** Copies what is decoded of a stretch of tape, its jumps included; silence where nothing is. */
export function copyTape(store: ChunkStore, tape: Tape, span: Span, sides: Sides): void {
  for (const { at, span: song } of tape.pieces(span.from, span.to)) copySong(store, song, sides, at - span.from)
}

function copySong(store: ChunkStore, song: Span, sides: Sides, to: Frames): void {
  for (let from = song.from; from < song.to; ) {
    const chunk = store.at(from)
    if (!chunk) return
    const end = Math.min(chunk.span.to, song.to)
    sides.forEach((side, channel) => {
      const samples = chunk.buffer.getChannelData(Math.min(channel, chunk.buffer.numberOfChannels - 1))
      side.set(samples.subarray(from - chunk.span.from, end - chunk.span.from), to + from - song.from)
    })
    from = end
  }
}
