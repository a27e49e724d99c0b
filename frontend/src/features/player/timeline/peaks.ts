import type { Track } from '@/api/generated'
import type { Frames, Span } from '@/audio'

/** A waveform's outline. pairs: minimum and maximum of each point in turn, -128 to 127. */
export interface Peaks {
  readonly framesPerPoint: Frames
  readonly pairs: ArrayLike<number>
}

/** The player data's inline overview comes at this resolution. */
export const OVERVIEW_FRAMES: Frames = 16384

const HEADER_BYTES = 24

/** Reads an audiowaveform .dat file, version 2, 8 bit, one channel. Throws a RangeError for anything else. */
export function parsePeaks(file: ArrayBuffer): Peaks {
  const header = new DataView(file)
  const eightBit = (header.getUint32(4, true) & 1) === 1
  if (header.getInt32(0, true) !== 2 || !eightBit || header.getInt32(20, true) !== 1) {
    throw new RangeError('Not an 8 bit, one channel, version 2 waveform file')
  }
  const points = header.getUint32(16, true)
  return { framesPerPoint: header.getInt32(12, true), pairs: new Int8Array(file, HEADER_BYTES, 2 * points) }
}

/** The coarsest waveform that has a point for every bar of so many frames, else the finest; null: the overview will do. */
export function waveformFor(track: Pick<Track, 'peaks'>, framesPerBar: Frames): string | null {
  if (framesPerBar >= OVERVIEW_FRAMES) return null
  const fineFirst = [...track.peaks].sort((a, b) => a.samplesPerPixel - b.samplesPerPixel)
  const enough = fineFirst.findLast(({ samplesPerPixel }) => samplesPerPixel <= framesPerBar)
  return (enough ?? fineFirst[0])?.url ?? null
}

/** The largest amplitude in each of `count` equal parts of the span, 0 to 1. */
export function barHeights(peaks: Peaks, { from, to }: Span, count: number): Float32Array {
  const heights = new Float32Array(count)
  const points = peaks.pairs.length / 2
  const start = from / peaks.framesPerPoint
  const pointsPerBar = (to - from) / peaks.framesPerPoint / count
  for (let bar = 0; bar < count; bar++) {
    const first = Math.floor(start + bar * pointsPerBar)
    const end = Math.min(points, Math.max(first + 1, Math.floor(start + (bar + 1) * pointsPerBar)))
    let height = 0
    for (let point = Math.max(0, first); point < end; point++) {
      height = Math.max(height, -(peaks.pairs[2 * point] ?? 0), peaks.pairs[2 * point + 1] ?? 0)
    }
    heights[bar] = height / 128
  }
  return heights
}

/** The largest amplitude of all, 0 to 1. */
export function highestPeak(peaks: Peaks): number {
  let height = 0
  for (let index = 0; index < peaks.pairs.length; index++) height = Math.max(height, Math.abs(peaks.pairs[index] ?? 0))
  return height / 128
}
