import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeAudioBuffer } from '@/testing/fakeAudio'
import { sliceBuffer } from './slice'

beforeEach(() => vi.stubGlobal('AudioBuffer', FakeAudioBuffer))
afterEach(() => vi.unstubAllGlobals())

it('copies a span of all channels, and leaves the buffer as it was', () => {
  const whole = new FakeAudioBuffer({ length: 10, numberOfChannels: 2, sampleRate: 48_000 }) as unknown as AudioBuffer
  whole.getChannelData(0).set(Array.from({ length: 10 }, (_, n) => n))
  whole.getChannelData(1).fill(1)
  const slice = sliceBuffer(whole, { from: 3, to: 6 })
  expect(slice).toMatchObject({ length: 3, numberOfChannels: 2, sampleRate: 48_000 })
  expect([...slice.getChannelData(0)]).toEqual([3, 4, 5])
  expect([...slice.getChannelData(1)]).toEqual([1, 1, 1])
  slice.getChannelData(0).fill(0)
  expect(whole.getChannelData(0)[3]).toBe(3)
})
