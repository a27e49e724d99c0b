import type { FlacFormat } from '../flac/flac'
import type { Frames, Seconds } from '../units'

/** Chunks are the longer the further ahead of the position they are: [from this distance on, this length]. */
const CHUNK_LENGTHS: readonly (readonly [Seconds, Seconds])[] = [
  [2, 2],
  [1, 1],
  [0.5, 0.5],
  [Number.NEGATIVE_INFINITY, 0.25],
]
/** The first chunk is asked for alone, so that nothing else delays the start. */
const FIRST_CHUNK: Seconds = 0.25
/** Sound asked for with one request: its chunks are decoded as they come, without a round trip between them. */
const REQUEST_LENGTH: Seconds = 2

/** A stretch of the song that is not decoded. */
export interface Gap {
  /** The playing position. */
  readonly position: Frames
  /** The first frame that is missing, at or after it. */
  readonly missing: Frames
  /** The frame at which decoded or unneeded sound begins again. */
  readonly limit: Frames
}

/**
 * Returns the block numbers that bound the next chunks to fetch, ascending: at least two, at most about 2 s apart.
 * single: only one chunk, so that many stems get their turn on few connections.
 */
export function nextChunkBoundaries({ position, missing, limit }: Gap, format: FlacFormat, single: boolean): number[] {
  const { blockFrames, sampleRate } = format
  const seconds = (frames: Frames) => frames / sampleRate
  const last = Math.ceil(limit / blockFrames)
  const cuts = [Math.floor(missing / blockFrames)]
  const first = missing - position < FIRST_CHUNK * sampleRate
  const near = missing - position < REQUEST_LENGTH * sampleRate
  for (let at = missing; ; ) {
    const distance = seconds(at - position)
    const length = CHUNK_LENGTHS.find(([from]) => distance >= from)?.[1] ?? REQUEST_LENGTH
    const end = Math.min(last, Math.ceil((at + length * sampleRate) / blockFrames))
    cuts.push(end)
    at = end * blockFrames
    if (end >= last || first || (single && near) || seconds(at - missing) >= REQUEST_LENGTH) return cuts
  }
}
