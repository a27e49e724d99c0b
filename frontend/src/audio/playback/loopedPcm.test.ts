import { expect, it } from 'vitest'
import { fakeBuffer } from '@/testing/fakeAudio'
import { ChunkStore } from '../streaming/chunks'
import { Timeline } from '../timeline/timeline'
import { copyTimeline } from './loopedPcm'

it('copies a stretch of tape over the borders of chunks and round a loop', () => {
  const store = new ChunkStore()
  for (const [from, to] of [
    [0, 10],
    [10, 30],
  ] as const) {
    store.add({ span: { from, to }, buffer: fakeBuffer(from, to) })
  }
  const sides = [new Float32Array(12), new Float32Array(12)] as const
  copyTimeline(store, new Timeline(5, 30, { from: 7, to: 13 }), { from: 2, to: 14 }, sides)
  for (const side of sides) expect([...side]).toEqual([7, 8, 9, 10, 11, 12, 7, 8, 9, 10, 11, 12])
})

/** Ten frames of one channel, from song frame 0 on. */
function monoStore() {
  const samples = Float32Array.from({ length: 10 }, (_, frame) => frame / 10)
  const buffer = { length: 10, numberOfChannels: 1, getChannelData: () => samples } as unknown as AudioBuffer
  const store = new ChunkStore()
  store.add({ span: { from: 0, to: 10 }, buffer })
  return { store, samples }
}

it('puts a stem of one channel on both sides', () => {
  const { store, samples } = monoStore()
  const sides = [new Float32Array(10), new Float32Array(10)] as const
  copyTimeline(store, new Timeline(0, 10, null), { from: 0, to: 10 }, sides)
  expect([...sides[0]]).toEqual([...samples])
  expect([...sides[1]]).toEqual([...samples])
})

it('leaves silence where nothing is decoded, and behind the end of the song', () => {
  const { store } = monoStore()
  const sides = [new Float32Array(8), new Float32Array(8)] as const
  copyTimeline(store, new Timeline(8, 10, null), { from: 0, to: 8 }, sides)
  expect([...sides[0]]).toEqual([Math.fround(0.8), Math.fround(0.9), 0, 0, 0, 0, 0, 0])
  const missing = [new Float32Array(4), new Float32Array(4)] as const
  copyTimeline(new ChunkStore(), new Timeline(0, 10, null), { from: 0, to: 4 }, missing)
  expect([...missing[0], ...missing[1]]).toEqual(Array.from({ length: 8 }, () => 0))
})
