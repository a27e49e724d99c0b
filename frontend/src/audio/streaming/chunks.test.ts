import { describe, expect, it } from 'vitest'
import { fakeBuffer } from '@/testing/fakeAudio'
import { bytesOf, type Chunk, ChunkStore, evict } from './chunks'

const chunk = (from: number, to: number): Chunk => ({ span: { from, to }, buffer: fakeBuffer(from, to) })

function storeOf(...spans: [number, number][]) {
  const store = new ChunkStore()
  for (const [from, to] of spans) store.add(chunk(from, to))
  return store
}

describe('ChunkStore', () => {
  it('tells how far everything is there, whatever the order in which it came', () => {
    const store = storeOf([20, 30], [0, 10], [10, 20], [40, 50])
    expect(store.decodedTo(5)).toBe(30)
    expect(store.decodedTo(30)).toBe(30)
    expect(store.decodedFrom(25)).toBe(0)
    expect(store.decodedFrom(45)).toBe(40)
    expect(store.decodedFrom(35)).toBe(35)
    expect(store.nextStart(31)).toBe(40)
    expect(store.nextStart(51)).toBe(Number.POSITIVE_INFINITY)
  })

  it('finds the chunk of a frame', () => {
    const store = storeOf([0, 10], [10, 20])
    expect(store.chunkAt(10)?.span.from).toBe(10)
    expect(store.chunkAt(20)).toBeUndefined()
  })

  it('gives up what was passed', () => {
    const store = storeOf([0, 10], [10, 20])
    store.dropBefore(15)
    expect(store.chunkAt(5)).toBeUndefined()
    expect(store.chunkAt(15)).toBeDefined()
  })
})

describe('evict', () => {
  it('drops what was used longest ago, in whichever store, and nothing that is in use', () => {
    const one = storeOf([0, 10], [10, 20])
    const other = storeOf([0, 10])
    one.markUsed([{ from: 0, to: 10 }], 1)
    other.markUsed([{ from: 0, to: 10 }], 2)
    one.markUsed([{ from: 10, to: 20 }], 3)
    const size = bytesOf(chunk(0, 10))
    evict([one, other], 2 * size, 3)
    expect(one.chunkAt(5)).toBeUndefined()
    expect(other.chunkAt(5)).toBeDefined()
    evict([one, other], 0, 3)
    expect(other.chunkAt(5)).toBeUndefined()
    expect(one.chunkAt(15)).toBeDefined()
  })
})

describe('memory', () => {
  it('is counted over all channels, four bytes a sample', () => {
    expect(bytesOf(chunk(0, 10))).toBe(10 * 2 * 4)
    expect(storeOf([0, 10], [10, 30]).bytes).toBe(30 * 2 * 4)
    expect(storeOf().bytes).toBe(0)
  })

  it('is given back with a chunk that is dropped', () => {
    const store = storeOf([0, 10], [10, 30])
    store.dropBefore(10)
    expect(store.bytes).toBe(20 * 2 * 4)
    expect(store.leastRecentlyUsed()?.chunk.span).toEqual({ from: 10, to: 30 })
  })

  it('is not taken twice for sound that is there', () => {
    const store = storeOf([0, 10], [10, 20])
    store.add(chunk(5, 15))
    store.add(chunk(0, 10))
    expect(store.bytes).toBe(20 * 2 * 4)
  })

  it('is not given back while everything is in use, however little there may be', () => {
    const store = storeOf([0, 10], [10, 20])
    store.markUsed([{ from: 0, to: 20 }], 1)
    evict([store], 0, 1)
    expect(store.decodedTo(0)).toBe(20)
  })

  it('is left alone within the budget', () => {
    const store = storeOf([0, 10], [10, 20])
    evict([store], store.bytes, 5)
    expect(store.decodedTo(0)).toBe(20)
  })
})

it('a store without a chunk has nothing decoded anywhere', () => {
  const store = new ChunkStore()
  expect([store.decodedTo(7), store.decodedFrom(7), store.nextStart(0)]).toEqual([7, 7, Number.POSITIVE_INFINITY])
  expect(store.leastRecentlyUsed()).toBeUndefined()
})
