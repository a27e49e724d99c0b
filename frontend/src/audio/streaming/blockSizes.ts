import type { FlacFormat } from '../flac/flac'
import type { Frames, Seconds } from '../units'

/** Small chunks where sound is awaited, larger ones the further ahead of it: [from this distance, this length]. */
const RUNGS: readonly (readonly [Seconds, Seconds])[] = [
  [2, 2],
  [1, 1],
  [0.5, 0.5],
  [Number.NEGATIVE_INFINITY, 0.25],
]
/** The first chunk is asked for alone: what is needed to begin, and nothing else. */
export const FIRST: Seconds = 0.25
/** Sound asked for with one request: its chunks are decoded as they come, without a round trip between them. */
const HAUL: Seconds = 2

export interface Gap {
  /** The playing position. */
  readonly position: Frames
  /** The first frame that is missing, at or after it. */
  readonly missing: Frames
  /** What is there again, or of no use, from here on. */
  readonly limit: Frames
}

/**
 * Block numbers between which the next chunks are to be fetched, ascending: at least two, at most about 2 s apart.
 * single: only one chunk, so that many stems get their turn on few connections.
 */
export function nextCuts({ position, missing, limit }: Gap, format: FlacFormat, single: boolean): number[] {
  const { blockFrames, sampleRate } = format
  const seconds = (frames: Frames) => frames / sampleRate
  const last = Math.ceil(limit / blockFrames)
  const cuts = [Math.floor(missing / blockFrames)]
  const first = missing - position < FIRST * sampleRate
  const near = missing - position < HAUL * sampleRate
  for (let at = missing; ; ) {
    const distance = seconds(at - position)
    const length = RUNGS.find(([from]) => distance >= from)?.[1] ?? HAUL
    const end = Math.min(last, Math.ceil((at + length * sampleRate) / blockFrames))
    cuts.push(end)
    at = end * blockFrames
    if (end >= last || first || (single && near) || seconds(at - missing) >= HAUL) return cuts
  }
}
