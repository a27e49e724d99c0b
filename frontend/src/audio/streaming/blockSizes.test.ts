import { expect, it } from 'vitest'
import { RATE, STREAMINFO } from '@/testing/fakeAudio'
import { flacFormat } from '../flac/flac'
import { nextChunkBoundaries } from './blockSizes'

const format = flacFormat(STREAMINFO)
const END = 100 * RATE
const lengths = (cuts: readonly number[]) => cuts.slice(1).map((cut, n) => cut - (cuts[n] ?? 0))

it('begins with a quarter of a second, alone', () => {
  expect(nextChunkBoundaries({ position: 0, missing: 0, limit: END }, format, false)).toEqual([0, 3])
})

it('always covers a quarter of a second, wherever in a block the position is', () => {
  const missing = 2 * 4096 + 4000
  expect(nextChunkBoundaries({ position: missing, missing, limit: END }, format, false)).toEqual([2, 6])
})

it('goes on with longer chunks in one request of about two seconds', () => {
  const cuts = nextChunkBoundaries({ position: 0, missing: 3 * 4096, limit: END }, format, false)
  const blocks = lengths(cuts)
  expect(blocks).toEqual([...blocks].sort((a, b) => a - b))
  expect((cuts.at(-1) ?? 0) - 3).toBeGreaterThanOrEqual((2 * RATE) / 4096)
  expect((cuts.at(-1) ?? 0) - 3).toBeLessThan((4 * RATE) / 4096)
})

it('fetches far ahead in chunks of two seconds', () => {
  expect(lengths(nextChunkBoundaries({ position: 0, missing: 50 * 4096, limit: END }, format, false))).toEqual([22])
})

it('fetches single chunks near the position where connections are few', () => {
  expect(nextChunkBoundaries({ position: 0, missing: 6 * 4096, limit: END }, format, true)).toHaveLength(2)
})

it('stops at the limit, within its block', () => {
  expect(nextChunkBoundaries({ position: 0, missing: 0, limit: 4097 }, format, false)).toEqual([0, 2])
})
