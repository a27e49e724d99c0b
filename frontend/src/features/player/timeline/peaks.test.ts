import { describe, expect, it } from 'vitest'
import { barHeights, type Peaks, parsePeaks, waveformFor } from './peaks'

function dat(version: number, pairs: number[]): ArrayBuffer {
  const file = new ArrayBuffer(24 + pairs.length)
  const view = new DataView(file)
  const header = [version, 1, 44100, 256, pairs.length / 2, 1]
  header.forEach((value, index) => {
    view.setInt32(4 * index, value, true)
  })
  new Int8Array(file, 24).set(pairs)
  return file
}

const peaks = (...pairs: number[]): Peaks => ({ framesPerPoint: 100, pairs })

describe('parsePeaks', () => {
  it('reads resolution, minima and maxima', () => {
    const { framesPerPoint, pairs } = parsePeaks(dat(2, [-128, 127, -3, 4]))
    expect(framesPerPoint).toBe(256)
    expect(Array.from(pairs)).toEqual([-128, 127, -3, 4])
  })

  it('refuses another version', () => {
    expect(() => parsePeaks(dat(1, [0, 0]))).toThrow(RangeError)
  })
})

describe('bars', () => {
  it('take the larger side of each part', () => {
    expect(Array.from(barHeights(peaks(-64, 10, 0, 32, -128, 0, -16, 16), { from: 0, to: 400 }, 2))).toEqual([0.5, 1])
  })

  it('repeat a point when there are more bars than points', () => {
    expect(Array.from(barHeights(peaks(-64, 0, 0, 32), { from: 0, to: 200 }, 4))).toEqual([0.5, 0.5, 0.25, 0.25])
  })

  it('begin where the span begins', () => {
    expect(Array.from(barHeights(peaks(-64, 10, 0, 32, -128, 0, -16, 16), { from: 100, to: 300 }, 2))).toEqual([
      0.25, 1,
    ])
  })

  it('are flat where the outline ends before the song', () => {
    expect(Array.from(barHeights(peaks(-64, 0), { from: 0, to: 200 }, 2))).toEqual([0.5, 0])
  })
})

describe('waveformFor', () => {
  const track = { peaks: [2048, 256].map((samplesPerPixel) => ({ samplesPerPixel, url: String(samplesPerPixel) })) }

  it('is the coarsest that has a point for each bar', () => {
    expect([20_000, 16_384, 5000, 2047, 100].map((frames) => waveformFor(track, frames))).toEqual([
      ...[null, null, '2048', '256', '256'],
    ])
  })

  it('is none where the service has none', () => {
    expect(waveformFor({ peaks: [] }, 100)).toBeNull()
  })
})
