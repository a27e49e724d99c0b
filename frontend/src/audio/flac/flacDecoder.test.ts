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

/** A file of 44.1 kHz whose STREAMINFO tells this depth, with the bytes of its blocks. */
function container(depth: number, blocks: readonly number[]): ArrayBuffer {
  const streaminfo = new DataView(new ArrayBuffer(34))
  streaminfo.setUint16(0, 16)
  streaminfo.setUint16(2, 16)
  streaminfo.setUint32(10, (44_100 << 12) | (1 << 9) | ((depth - 1) << 4))
  const header = [...new TextEncoder().encode('fLaC'), 0x80, 0, 0, 34, ...new Uint8Array(streaminfo.buffer)]
  return Uint8Array.from([...header, ...blocks]).buffer
}

/** A file of 44.1 kHz and 16 bit with blocks of 16 frames, whose subframes are written by `write`. */
function file(assignment: number, ...blocks: ((bits: BitWriter) => void)[]): ArrayBuffer {
  const bytes: number[] = []
  for (const [number, write] of blocks.entries()) {
    const bits = new BitWriter().write(0x3ffe, 14).write(0, 2)
    // 6: the block's size less one follows in a byte. 0: rate and depth as STREAMINFO says.
    bits.write(6, 4).write(0, 4).write(assignment, 4).write(0, 3).write(0, 1)
    bits.write(number, 8).write(15, 8).write(0, 8)
    write(bits)
    bytes.push(...bits.bytes(), 0, 0)
  }
  return container(16, bytes)
}

interface BlockFields {
  /** Codes of the block's header. */
  size?: number
  rate?: number
  depth?: number
  /** The bytes of the block's number. */
  number?: readonly number[]
  /** What follows the number: the size, the rate, each with its bits. */
  extra?: readonly (readonly [value: number, bits: number])[]
}

/** One mono block with these header fields; `write` adds its subframe. */
function block(fields: BlockFields, write: (bits: BitWriter) => void): number[] {
  const { size = 1, rate = 0, depth = 0, number = [0], extra = [] } = fields
  const bits = new BitWriter().write(0x3ffe, 14).write(0, 2)
  bits.write(size, 4).write(rate, 4).write(0, 4).write(depth, 3).write(0, 1)
  for (const byte of number) bits.write(byte, 8)
  for (const [value, width] of extra) bits.write(value, width)
  bits.write(0, 8)
  write(bits)
  return [...bits.bytes(), 0, 0]
}

const constant = (value: number, depth: number) => (bits: BitWriter) => void bits.write(0, 8).write(value, depth)

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

describe('the header of a block', () => {
  it.each<[string, BlockFields, number]>([
    ['192', { size: 1 }, 192],
    ['576', { size: 2 }, 576],
    ['4608', { size: 5 }, 4608],
    ['256', { size: 8 }, 256],
    ['32768', { size: 15 }, 32_768],
    ['a size in one byte', { size: 6, extra: [[99, 8]] }, 100],
    ['a size in two bytes', { size: 7, extra: [[999, 16]] }, 1000],
  ])('tells %s frames', (_, fields, frames) => {
    const given = container(16, block(fields, constant(3, 16)))
    expect(decodeFlac(given).length).toBe(frames)
  })

  it.each<[string, BlockFields]>([
    ['a number of two bytes', { number: [0xc2, 0x80] }],
    ['a number of four bytes', { number: [0xf0, 0x90, 0x80, 0x80] }],
    ['its own rate in a byte', { rate: 12, extra: [[44, 8]] }],
    ['its own rate in two bytes', { rate: 13, extra: [[44_100, 16]] }],
  ])('may have %s', (_, fields) => {
    const given = container(16, block(fields, constant(-7, 16)))
    expect(new Set(decoded(given))).toEqual(new Set([-7]))
  })

  it('without a size is refused', () => {
    expect(() => decodeFlac(container(16, block({ size: 0 }, constant(0, 16))))).toThrow(LoadError)
  })
})

describe('the depth', () => {
  it.each([
    [8, 1],
    [12, 2],
    [16, 4],
    [20, 5],
    [24, 6],
  ])('of %i bit covers full scale, whether the block tells it or leaves it to STREAMINFO', (depth, code) => {
    const lowest = -(2 ** (depth - 1))
    for (const told of [0, code]) {
      const samples = (value: number) =>
        decodeFlac(container(depth, block({ depth: told }, constant(value, depth)))).getChannelData(0)
      expect(samples(lowest)[0]).toBe(-1)
      expect(samples(-lowest - 1)[0]).toBe(Math.fround(1 - 2 ** (1 - depth)))
    }
  })

  it('of 24 bit is kept to the last bit by a prediction', () => {
    const given = container(
      24,
      block({ size: 6, extra: [[3, 8]] }, (bits) => {
        // Order 1: the first sample, then what the others differ by.
        bits.write(0, 1).write(9, 6).write(0, 1).write(8_388_000, 24)
        bits.write(0, 2).write(0, 4).write(0, 4)
        for (const difference of [1, -1, 1]) bits.rice(difference, 0)
      }),
    )
    const samples = Array.from(decodeFlac(given).getChannelData(0), (sample) => sample * 2 ** 23)
    expect(samples).toEqual([8_388_000, 8_388_001, 8_388_000, 8_388_001])
  })

  it('of 32 bit is refused: no such file is made here', () => {
    expect(() => decodeFlac(container(32, block({ depth: 7 }, constant(0, 32))))).toThrow(LoadError)
  })
})
