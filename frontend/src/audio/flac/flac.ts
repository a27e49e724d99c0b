import { LoadError } from '../failure'
import type { Frames } from '../units'

/** The fields of STREAMINFO, and the header that makes a file of any run of the stream's blocks. */
export interface FlacFormat {
  readonly sampleRate: number
  readonly channels: number
  readonly bitsPerSample: number
  /** Frames in each block but the last. */
  readonly blockFrames: Frames
  readonly header: Uint8Array<ArrayBuffer>
}

const STREAMINFO_BYTES = 34
/** `fLaC`, then the header of a last metadata block of type STREAMINFO. */
const MARKER = [0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, STREAMINFO_BYTES]

/** Reads STREAMINFO. streaminfo: base64. Throws LoadError `undecodable` for anything but a STREAMINFO with one block size. */
export function flacFormat(streaminfo: string): FlacFormat {
  const bytes = decodeBase64(streaminfo)
  if (bytes.length !== STREAMINFO_BYTES) throw new LoadError('undecodable')
  const view = new DataView(bytes.buffer)
  const blockFrames = view.getUint16(0)
  if (blockFrames < 16 || view.getUint16(2) !== blockFrames) throw new LoadError('undecodable')
  const packed = view.getUint32(10)
  const format = {
    blockFrames,
    sampleRate: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
  }
  // The run's length and checksum are not the whole file's: zero says that they are unknown.
  bytes[13] = (bytes[13] ?? 0) & 0xf0
  bytes.fill(0, 14)
  const header = new Uint8Array(MARKER.length + STREAMINFO_BYTES)
  header.set(MARKER)
  header.set(bytes, MARKER.length)
  return { ...format, header }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  } catch (error) {
    throw new LoadError('undecodable', { cause: error })
  }
}

/** Puts a header and whole blocks together to a file that decodes alone. */
export function flacFile(header: Uint8Array, blocks: readonly Uint8Array[]): ArrayBuffer {
  const file = new Uint8Array(blocks.reduce((bytes, block) => bytes + block.length, header.length))
  file.set(header)
  let at = header.length
  for (const block of blocks) {
    file.set(block, at)
    at += block.length
  }
  return file.buffer
}
