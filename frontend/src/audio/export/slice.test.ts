import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sliceBuffer } from './slice'

class Samples {
  readonly length: number
  readonly numberOfChannels: number
  readonly sampleRate: number
  readonly #data: Float32Array[]
  constructor({ length, numberOfChannels = 1, sampleRate }: AudioBufferOptions) {
    this.length = length
    this.numberOfChannels = numberOfChannels
    this.sampleRate = sampleRate
    this.#data = Array.from({ length: numberOfChannels }, (_, channel) => new Float32Array(length).fill(channel))
  }
  getChannelData(channel: number) {
    return this.#data[channel]
  }
  copyToChannel(samples: Float32Array, channel: number) {
    this.#data[channel]?.set(samples)
  }
}

beforeEach(() => vi.stubGlobal('AudioBuffer', Samples))
afterEach(() => vi.unstubAllGlobals())

it('copies a span of all channels, and leaves the buffer as it was', () => {
  const whole = new Samples({ length: 10, numberOfChannels: 2, sampleRate: 48_000 }) as unknown as AudioBuffer
  whole.getChannelData(0).set(Array.from({ length: 10 }, (_, n) => n))
  const slice = sliceBuffer(whole, { from: 3, to: 6 })
  expect(slice).toMatchObject({ length: 3, numberOfChannels: 2, sampleRate: 48_000 })
  expect([...slice.getChannelData(0)]).toEqual([3, 4, 5])
  expect([...slice.getChannelData(1)]).toEqual([1, 1, 1])
  slice.getChannelData(0).fill(0)
  expect(whole.getChannelData(0)[3]).toBe(3)
})
