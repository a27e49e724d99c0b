import type { Frames, Span } from '../units'

/** A decoded run of whole blocks. */
export interface Chunk {
  readonly span: Span
  readonly buffer: AudioBuffer
}

/** One stem's decoded chunks, in the song's order; they never overlap. */
export class ChunkStore {
  #chunks: Chunk[] = []
  readonly #used = new Map<Chunk, number>()

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + bytesOf(chunk), 0)
  }

  add(chunk: Chunk): void {
    if (this.#chunks.some(({ span }) => doOverlap(span, chunk.span))) return
    const after = this.#chunks.findIndex(({ span }) => span.from > chunk.span.from)
    this.#chunks.splice(after < 0 ? this.#chunks.length : after, 0, chunk)
    this.#used.set(chunk, 0)
  }

  /** Returns the chunk that holds a frame. */
  chunkAt(frame: Frames): Chunk | undefined {
    return this.#chunks.find(({ span }) => span.from <= frame && frame < span.to)
  }

  /** Returns the end of what is decoded without a gap from `frame` on; `frame` itself when nothing is. */
  decodedTo(frame: Frames): Frames {
    let end = frame
    for (const { span } of this.#chunks) if (span.from <= end && end < span.to) end = span.to
    return end
  }

  /** Returns the start of what is decoded without a gap up to `frame`. */
  decodedFrom(frame: Frames): Frames {
    let start = frame
    for (const { span } of this.#chunks.toReversed()) if (span.from < start && start <= span.to) start = span.from
    return start
  }

  /** Returns the start of the first chunk at or after `frame`; Infinity when there is none. */
  nextStart(frame: Frames): Frames {
    return this.#chunks.find(({ span }) => span.from >= frame)?.span.from ?? Number.POSITIVE_INFINITY
  }

  /** Notes that these spans are in use at a time. */
  markUsed(spans: readonly Span[], now: number): void {
    for (const chunk of this.#chunks) {
      if (spans.some((span) => doOverlap(span, chunk.span))) this.#used.set(chunk, now)
    }
  }

  /** Returns the chunk that was used longest ago, and when. */
  leastRecentlyUsed(): { chunk: Chunk; used: number } | undefined {
    let oldest: { chunk: Chunk; used: number } | undefined
    for (const [chunk, used] of this.#used) if (!oldest || used < oldest.used) oldest = { chunk, used }
    return oldest
  }

  /** Drops the chunks that end at or before a frame. */
  dropBefore(frame: Frames): void {
    for (const chunk of this.#chunks) if (chunk.span.to <= frame) this.drop(chunk)
  }

  drop(chunk: Chunk): void {
    this.#chunks = this.#chunks.filter((other) => other !== chunk)
    this.#used.delete(chunk)
  }
}

/** Returns the memory that a chunk's samples take. */
export function bytesOf({ buffer }: Chunk): number {
  return buffer.length * buffer.numberOfChannels * Float32Array.BYTES_PER_ELEMENT
}

function doOverlap(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to
}

/** Drops what was used longest ago, never what is in use now, until all stores together hold at most `budget` bytes. */
export function evict(stores: readonly ChunkStore[], budget: number, now: number): void {
  let bytes = stores.reduce((sum, store) => sum + store.bytes, 0)
  while (bytes > budget) {
    const candidates = stores.flatMap((store) => {
      const oldest = store.leastRecentlyUsed()
      return oldest && oldest.used < now ? [{ store, ...oldest }] : []
    })
    const [first] = candidates.sort((a, b) => a.used - b.used)
    if (!first) return
    first.store.drop(first.chunk)
    bytes -= bytesOf(first.chunk)
  }
}
