import { LoadError } from '../failure'
import type { Frames } from '../units'
import { BitReader } from './bits'

/*
 * FLAC (RFC 9639) in plain script, for browsers whose own decoder lacks it. Only what a run of whole blocks needs: no
 * seeking, no checksums, up to 24 bits.
 */

const STREAMINFO_AT = 8
const HEADER_BYTES = 42

interface BlockHeader {
  readonly frames: Frames
  readonly assignment: number
  readonly bits: number
}

/** Decodes a header and whole blocks, as `flacFile` puts them together. Throws LoadError `undecodable`. */
export function decodeFlac(file: ArrayBuffer): AudioBuffer {
  const info = new DataView(file).getUint32(STREAMINFO_AT + 10)
  const sampleRate = info >>> 12
  const depth = ((info >>> 4) & 31) + 1
  const reader = new BitReader(new Uint8Array(file, HEADER_BYTES))
  const blocks: Int32Array[][] = []
  while (reader.bitsLeft > 0) blocks.push(readBlock(reader, depth))
  const length = blocks.reduce((sum, [first]) => sum + (first?.length ?? 0), 0)
  if (length === 0) throw new LoadError('undecodable')
  const buffer = new AudioBuffer({ length, numberOfChannels: blocks[0]?.length ?? 1, sampleRate })
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel)
    let at = 0
    for (const block of blocks) for (const sample of block[channel] ?? []) samples[at++] = sample / 2 ** (depth - 1)
  }
  return buffer
}

function readBlock(reader: BitReader, depth: number): Int32Array[] {
  const header = readHeader(reader, depth)
  const channels = header.assignment < 8 ? header.assignment + 1 : 2
  // The difference of two channels needs a bit more; it is the second one, but the first of "right and side".
  const side = { 8: 1, 9: 0, 10: 1 }[header.assignment]
  const block = Array.from({ length: channels }, (_, channel) =>
    readSubframe(reader, header.frames, header.bits + (channel === side ? 1 : 0)),
  )
  reader.skipToByte()
  reader.read(16)
  joinSides(block, header.assignment)
  return block
}

function readHeader(reader: BitReader, depth: number): BlockHeader {
  if (reader.read(14) !== 0x3ffe) throw new LoadError('undecodable')
  reader.read(2)
  const size = reader.read(4)
  const rate = reader.read(4)
  const assignment = reader.read(4)
  const bits = [depth, 8, 12, 0, 16, 20, 24, 32][reader.read(3)] ?? 0
  reader.read(1)
  // The block's number, in as many bytes as its first one has leading ones.
  const first = reader.read(8)
  const more = Math.clz32(~(first << 24)) - 1
  for (let byte = 0; byte < more; byte++) reader.read(8)
  const frames = blockFrames(reader, size)
  if (rate === 12) reader.read(8)
  else if (rate > 12) reader.read(16)
  reader.read(8)
  if (frames === 0 || assignment > 10 || bits === 0 || bits > 24) throw new LoadError('undecodable')
  return { frames, assignment, bits }
}

function blockFrames(reader: BitReader, code: number): Frames {
  if (code === 0) return 0
  if (code === 1) return 192
  if (code < 6) return 576 << (code - 2)
  if (code === 6) return reader.read(8) + 1
  if (code === 7) return reader.read(16) + 1
  return 256 << (code - 8)
}

function readSubframe(reader: BitReader, frames: Frames, bits: number): Int32Array {
  reader.read(1)
  const type = reader.read(6)
  const wasted = reader.read(1) === 1 ? reader.readUnary() + 1 : 0
  const samples = new Int32Array(frames)
  const depth = bits - wasted
  if (type === 0) samples.fill(reader.readSigned(depth))
  else if (type === 1) for (let at = 0; at < frames; at++) samples[at] = reader.readSigned(depth)
  else if (type >= 8 && type <= 12) readPredicted(reader, samples, depth, { order: type - 8, fixed: true })
  else if (type >= 32) readPredicted(reader, samples, depth, { order: type - 31, fixed: false })
  else throw new LoadError('undecodable')
  if (wasted > 0) for (let at = 0; at < frames; at++) samples[at] = (samples[at] ?? 0) * 2 ** wasted
  return samples
}

/** The predictors that need no coefficients in the file, newest sample first. */
const FIXED: readonly (readonly number[])[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

function readPredicted(
  reader: BitReader,
  samples: Int32Array,
  depth: number,
  { order, fixed }: { order: number; fixed: boolean },
): void {
  for (let at = 0; at < order; at++) samples[at] = reader.readSigned(depth)
  let shift = 0
  let coefficients = FIXED[order] ?? []
  if (!fixed) {
    const precision = reader.read(4) + 1
    shift = reader.readSigned(5)
    coefficients = Array.from({ length: order }, () => reader.readSigned(precision))
  }
  readResidual(reader, samples, order)
  const scale = 2 ** shift
  for (let at = order; at < samples.length; at++) {
    let prediction = 0
    for (let tap = 0; tap < order; tap++) prediction += (coefficients[tap] ?? 0) * (samples[at - 1 - tap] ?? 0)
    samples[at] = (samples[at] ?? 0) + Math.floor(prediction / scale)
  }
}

/** Reads the residual of the prediction, in partitions of Rice codes, into the places of its samples. */
function readResidual(reader: BitReader, samples: Int32Array, order: number): void {
  const width = reader.read(2) === 0 ? 4 : 5
  const partitions = 2 ** reader.read(4)
  let at = order
  for (let partition = 1; partition <= partitions; partition++) {
    const end = (samples.length / partitions) * partition
    const parameter = reader.read(width)
    if (parameter === 2 ** width - 1) {
      const bits = reader.read(5)
      for (; at < end; at++) samples[at] = bits === 0 ? 0 : reader.readSigned(bits)
    } else for (; at < end; at++) samples[at] = reader.readRice(parameter)
  }
}

/** Turns two channels that were coded as one side, or the middle, and the difference into left and right, in place. */
function joinSides([first, second]: readonly Int32Array[], assignment: number): void {
  if (!first || !second || assignment < 8) return
  for (let at = 0; at < first.length; at++) {
    const a = first[at] ?? 0
    const b = second[at] ?? 0
    if (assignment === 8) second[at] = a - b
    else if (assignment === 9) first[at] = a + b
    else {
      const middle = 2 * a + (b & 1)
      first[at] = (middle + b) >> 1
      second[at] = (middle - b) >> 1
    }
  }
}
