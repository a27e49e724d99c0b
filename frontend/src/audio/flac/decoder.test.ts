import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeAudioBuffer } from '@/testing/fakeAudio'
import { openDecoder } from './decoder'

beforeEach(() => vi.stubGlobal('AudioBuffer', FakeAudioBuffer))
afterEach(() => vi.unstubAllGlobals())

/** What the browser's decoder says to anything. */
function browser(decodeAudioData: () => Promise<AudioBuffer>) {
  vi.stubGlobal(
    'OfflineAudioContext',
    class {
      decodeAudioData = decodeAudioData
    },
  )
}

/** Mono, 8 kHz, 16 bit: one block of 192 frames, all 5. */
const CONSTANT = [
  ...[0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, 0, 192, 0, 192, 0, 0, 0, 0, 0, 0, 0x01, 0xf4, 0x00, 0xf0],
  ...Array.from({ length: 20 }, () => 0),
  ...[0xff, 0xf8, 0x14, 0x08, 0, 0, 0, 0, 5, 0, 0],
]

it("takes the browser's decoder where it knows FLAC", async () => {
  const decoded = new FakeAudioBuffer({ length: 1, sampleRate: 8000 }) as unknown as AudioBuffer
  browser(async () => decoded)
  expect(await openDecoder(8000)(new ArrayBuffer(1))).toBe(decoded)
})

it('decodes by itself where it does not', async () => {
  browser(() => Promise.reject(new DOMException('', 'EncodingError')))
  const decoded = await openDecoder(8000)(Uint8Array.from(CONSTANT).buffer)
  expect(decoded).toMatchObject({ length: 192, numberOfChannels: 1, sampleRate: 8000 })
  expect(decoded.getChannelData(0).every((sample) => sample === 5 / 32_768)).toBe(true)
})

it('says that what is no FLAC cannot be decoded', async () => {
  browser(() => Promise.reject(new DOMException('', 'EncodingError')))
  await expect(openDecoder(8000)(new ArrayBuffer(60))).rejects.toMatchObject({ failure: 'undecodable' })
})
