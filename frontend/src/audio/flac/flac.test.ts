import { describe, expect, it } from 'vitest'
import { streaminfo } from '@/testing/fakeAudio'
import { LoadError } from '../failure'
import { flacFile, flacFormat } from './flac'

describe('flacFormat', () => {
  it.each([
    [4096, 44_100, 2, 16],
    [4096, 48_000, 1, 24],
    [1024, 8000, 1, 16],
    [4608, 192_000, 8, 32],
  ])('reads blocks of %i, %i Hz, %i channels, %i bit', (block, rate, channels, bits) => {
    const format = flacFormat(streaminfo(block, rate, channels, bits))
    expect(format).toMatchObject({ blockFrames: block, sampleRate: rate, channels, bitsPerSample: bits })
  })

  it('makes a header for any run of blocks: the length and the checksum are unknown', () => {
    const { header } = flacFormat(streaminfo(4096, 44_100, 2, 16))
    expect(header).toHaveLength(42)
    expect(String.fromCharCode(...header.subarray(0, 4))).toBe('fLaC')
    expect([...header.subarray(4, 8)]).toEqual([0x80, 0, 0, 34])
    expect((header[21] ?? 0) & 0x0f).toBe(0)
    expect(header.subarray(22).every((byte) => byte === 0)).toBe(true)
  })

  it('refuses what is no STREAMINFO', () => {
    for (const wrong of ['', 'AAAA', 'no base64!', streaminfo(0, 44_100, 2, 16)]) {
      expect(() => flacFormat(wrong)).toThrow(LoadError)
    }
  })
})

it('flacFile puts the blocks after the header', () => {
  const file = flacFile(Uint8Array.of(1, 2), [Uint8Array.of(3), Uint8Array.of(4, 5)])
  expect([...new Uint8Array(file)]).toEqual([1, 2, 3, 4, 5])
})
