import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeAudioBuffer } from '@/testing/fakeAudio'
import { LoadError } from '../failure'
import { decodeFlac } from './flacDecoder'

beforeEach(() => vi.stubGlobal('AudioBuffer', FakeAudioBuffer))
afterEach(() => vi.unstubAllGlobals())

/** Writes numbers of any width, the most significant bit first: the other direction of BitReader. */
class BitWriter {
  readonly #bits: number[] = []

  write(value: number, bits: number): this {
    for (let bit = bits - 1; bit >= 0; bit--)
      this.#bits.push(Math.floor((value < 0 ? value + 2 ** bits : value) / 2 ** bit) % 2)
    return this
  }

  unary(zeros: number): this {
    for (let zero = 0; zero < zeros; zero++) this.#bits.push(0)
    this.#bits.push(1)
    return this
  }

  rice(value: number, parameter: number): this {
    const folded = value < 0 ? -2 * value - 1 : 2 * value
    return this.unary(folded >> parameter).write(folded % 2 ** parameter, parameter)
  }

  bytes(): number[] {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0)
    return Array.from({ length: this.#bits.length / 8 }, (_, byte) =>
      this.#bits.slice(8 * byte, 8 * byte + 8).reduce((value, bit) => 2 * value + bit, 0),
    )
  }
}

const LEFT_AND_SIDE = 8
const RIGHT_AND_SIDE = 9
const MIDDLE_AND_SIDE = 10

/** A file of 44.1 kHz and 16 bit with blocks of 16 frames, whose subframes are written by `write`. */
function file(assignment: number, ...blocks: ((bits: BitWriter) => void)[]): ArrayBuffer {
  const streaminfo = new DataView(new ArrayBuffer(34))
  streaminfo.setUint16(0, 16)
  streaminfo.setUint16(2, 16)
  streaminfo.setUint32(10, (44_100 << 12) | (1 << 9) | (15 << 4))
  const bytes = [...new TextEncoder().encode('fLaC'), 0x80, 0, 0, 34, ...new Uint8Array(streaminfo.buffer)]
  for (const [number, write] of blocks.entries()) {
    const bits = new BitWriter().write(0x3ffe, 14).write(0, 2)
    // 6: the block's size less one follows in a byte. 0: rate and depth as STREAMINFO says.
    bits.write(6, 4).write(0, 4).write(assignment, 4).write(0, 3).write(0, 1)
    bits.write(number, 8).write(15, 8).write(0, 8)
    write(bits)
    bytes.push(...bits.bytes(), 0, 0)
  }
  return Uint8Array.from(bytes).buffer
}

const verbatim = (samples: readonly number[], bits: BitWriter, depth = 16) => {
  bits.write(0, 1).write(1, 6).write(0, 1)
  for (const sample of samples) bits.write(sample, depth)
}

/** Sixteen samples; `decoded` are the integers that came out. */
const RAMP = Array.from({ length: 16 }, (_, n) => 100 * n - 700)
const decoded = (given: ArrayBuffer, channel = 0) =>
  Array.from(decodeFlac(given).getChannelData(channel), (sample) => sample * 32_768)

describe('decodeFlac', () => {
  it('reads samples as they stand', () => {
    const buffer = decodeFlac(file(0, (bits) => verbatim(RAMP, bits)))
    expect(buffer).toMatchObject({ length: 16, numberOfChannels: 1, sampleRate: 44_100 })
    expect(Array.from(buffer.getChannelData(0), (sample) => sample * 32_768)).toEqual(RAMP)
  })

  it('reads a constant', () => {
    const constant = file(0, (bits) => bits.write(0, 8).write(-5, 16))
    expect(decoded(constant)).toEqual(Array.from({ length: 16 }, () => -5))
  })

  it('puts blocks one after the other', () => {
    const two = file(
      0,
      (bits) => bits.write(0, 8).write(1, 16),
      (bits) => bits.write(0, 8).write(2, 16),
    )
    expect(decoded(two)).toEqual([...Array.from({ length: 16 }, () => 1), ...Array.from({ length: 16 }, () => 2)])
  })

  it.each([
    [0, RAMP],
    [1, RAMP],
    [2, RAMP],
    [3, RAMP.map((_, n) => n ** 3 - 5 * n)],
    [4, RAMP.map((_, n) => n ** 3)],
  ])('predicts with the fixed predictor of order %i, and adds what it misses', (order, samples) => {
    const fixed = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]][order] ?? []
    const given = file(0, (bits) => {
      bits
        .write(0, 1)
        .write(8 + order, 6)
        .write(0, 1)
      for (const sample of samples.slice(0, order)) bits.write(sample, 16)
      bits.write(0, 2).write(0, 4).write(10, 4)
      for (let n = order; n < 16; n++) {
        const prediction = fixed.reduce((sum, factor, tap) => sum + factor * (samples[n - 1 - tap] ?? 0), 0)
        bits.rice((samples[n] ?? 0) - prediction, 10)
      }
    })
    expect(decoded(given)).toEqual(samples)
  })

  it('predicts with coefficients from the file, scaled by a shift', () => {
    // 1.5 times the last sample less half the one before, in quarters.
    const coefficients = [6, -2]
    const given = file(0, (bits) => {
      bits
        .write(0, 1)
        .write(31 + coefficients.length, 6)
        .write(0, 1)
      for (const sample of RAMP.slice(0, 2)) bits.write(sample, 16)
      bits.write(4, 4).write(2, 5)
      for (const coefficient of coefficients) bits.write(coefficient, 5)
      bits.write(0, 2).write(0, 4).write(6, 4)
      for (let n = 2; n < 16; n++) {
        const prediction = Math.floor((6 * (RAMP[n - 1] ?? 0) - 2 * (RAMP[n - 2] ?? 0)) / 4)
        bits.rice((RAMP[n] ?? 0) - prediction, 6)
      }
    })
    expect(decoded(given)).toEqual(RAMP)
  })

  it('reads residuals in partitions, each with a parameter of its own, and one that is not coded at all', () => {
    const given = file(0, (bits) => {
      bits.write(0, 1).write(8, 6).write(0, 1)
      bits.write(0, 2).write(1, 4)
      bits.write(3, 4)
      for (const sample of RAMP.slice(0, 8)) bits.rice(sample, 3)
      bits.write(15, 4).write(12, 5)
      for (const sample of RAMP.slice(8)) bits.write(sample, 12)
    })
    expect(decoded(given)).toEqual(RAMP)
  })

  it('gives back bits that all samples waste', () => {
    const samples = RAMP.map((sample) => sample / 4)
    const given = file(0, (bits) => {
      bits.write(0, 1).write(1, 6).write(1, 1).unary(1)
      for (const sample of samples) bits.write(sample, 14)
    })
    expect(decoded(given)).toEqual(RAMP)
  })

  it('reads two channels by themselves', () => {
    const given = file(1, (bits) => {
      verbatim(RAMP, bits)
      verbatim(RAMP.toReversed(), bits)
    })
    expect(decoded(given, 0)).toEqual(RAMP)
    expect(decoded(given, 1)).toEqual(RAMP.toReversed())
  })

  describe('joins channels that were coded by their difference', () => {
    const left = RAMP
    const right = RAMP.map((sample, n) => sample - 3 * n)
    const side = left.map((sample, n) => sample - (right[n] ?? 0))

    it('left and side', () => {
      const given = file(LEFT_AND_SIDE, (bits) => {
        verbatim(left, bits)
        verbatim(side, bits, 17)
      })
      expect([decoded(given, 0), decoded(given, 1)]).toEqual([left, right])
    })

    it('side and right', () => {
      const given = file(RIGHT_AND_SIDE, (bits) => {
        verbatim(side, bits, 17)
        verbatim(right, bits)
      })
      expect([decoded(given, 0), decoded(given, 1)]).toEqual([left, right])
    })

    it('middle and side, without losing the last bit of the sum', () => {
      const middle = left.map((sample, n) => Math.floor((sample + (right[n] ?? 0)) / 2))
      const given = file(MIDDLE_AND_SIDE, (bits) => {
        verbatim(middle, bits)
        verbatim(side, bits, 17)
      })
      expect([decoded(given, 0), decoded(given, 1)]).toEqual([left, right])
    })
  })

  it.each([
    ['no block', file(0)],
    ['a block without its marker', Uint8Array.from({ length: 60 }, () => 0).buffer],
    [
      'a kind of subframe that does not exist',
      file(0, (bits) => bits.write(0, 1).write(20, 6).write(0, 1).write(0, 256)),
    ],
    ['more channels than there are ways to code', file(12, (bits) => bits.write(0, 256))],
  ])('refuses %s', (_, given) => {
    expect(() => decodeFlac(given)).toThrow(LoadError)
  })
})
