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
