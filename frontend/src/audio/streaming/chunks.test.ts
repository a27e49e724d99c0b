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
    expect(store.readyTo(5)).toBe(30)
    expect(store.readyTo(30)).toBe(30)
    expect(store.readyFrom(25)).toBe(0)
    expect(store.readyFrom(45)).toBe(40)
    expect(store.readyFrom(35)).toBe(35)
    expect(store.nextStart(31)).toBe(40)
    expect(store.nextStart(51)).toBe(Number.POSITIVE_INFINITY)
  })

  it('finds the chunk of a frame', () => {
    const store = storeOf([0, 10], [10, 20])
    expect(store.at(10)?.span.from).toBe(10)
    expect(store.at(20)).toBeUndefined()
  })

  it('gives up what was passed', () => {
    const store = storeOf([0, 10], [10, 20])
    store.dropBefore(15)
    expect(store.at(5)).toBeUndefined()
    expect(store.at(15)).toBeDefined()
  })
})

describe('evict', () => {
  it('drops what was used longest ago, in whichever store, and nothing that is in use', () => {
    const one = storeOf([0, 10], [10, 20])
    const other = storeOf([0, 10])
    one.touch([{ from: 0, to: 10 }], 1)
    other.touch([{ from: 0, to: 10 }], 2)
    one.touch([{ from: 10, to: 20 }], 3)
    const size = bytesOf(chunk(0, 10))
    evict([one, other], 2 * size, 3)
    expect(one.at(5)).toBeUndefined()
    expect(other.at(5)).toBeDefined()
    evict([one, other], 0, 3)
    expect(other.at(5)).toBeUndefined()
    expect(one.at(15)).toBeDefined()
  })
})
