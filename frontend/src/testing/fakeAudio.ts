import type { Decoder } from '@/audio/flac/decoder'
import type { StemSource } from '@/audio/player'
import type { Frames } from '@/audio/units'

export const RATE = 44_100
export const BLOCK: Frames = 4096
/** Bytes of each block of a fake file; the first four hold the block's number. */
const BLOCK_BYTES = 100

/** STREAMINFO of a FLAC with blocks of 4096 frames, 44.1 kHz, two channels, 16 bit. */
export const STREAMINFO = streaminfo(BLOCK, RATE, 2, 16)

export function streaminfo(block: Frames, rate: number, channels: number, bits: number): string {
  const bytes = new Uint8Array(34).fill(0xff)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, block)
  view.setUint16(2, block)
  view.setUint32(10, (rate << 12) | ((channels - 1) << 9) | ((bits - 1) << 4) | 0xf)
  return btoa(String.fromCharCode(...bytes))
}

export function stemSource(stem: string): StemSource {
  // Each file has a checksum of its own.
  const checksum = btoa(stem.padEnd(6).slice(0, 6))
  return {
    stem,
    url: `/${stem}.flac`,
    indexUrl: `/${stem}.index`,
    streaminfo: STREAMINFO.slice(0, 36) + checksum + STREAMINFO.slice(44),
  }
}

/** What a request was, and how it is answered. */
export interface FakeRequest {
  readonly url: string
  readonly from: number
  readonly to: number
}

/**
 * A server of fake files: fetch in the place of the browser's. Requests for a url in `held` wait until it is taken
 * out with `release`; those in `status` are answered with that status.
 */
export class FakeServer {
  readonly requests: FakeRequest[] = []
  readonly status = new Map<string, number>()
  readonly #held = new Map<string, (() => void)[]>()
  readonly #blocks: number

  constructor(frames: Frames) {
    this.#blocks = Math.ceil(frames / BLOCK)
  }

  hold(...urls: string[]): void {
    for (const url of urls) this.#held.set(url, [])
  }

  release(url: string): void {
    const waiting = this.#held.get(url) ?? []
    this.#held.delete(url)
    for (const go of waiting) go()
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const [, from = 0, last = 0] = /bytes=(\d+)-(\d+)/.exec(new Headers(init.headers).get('Range') ?? '') ?? []
    const span = { from: Number(from), to: Number(last) + 1 }
    this.requests.push({ url, ...span })
    const held = this.#held.get(url)
    if (held) {
      await new Promise<void>((resolve, reject) => {
        held.push(resolve)
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    }
    init.signal?.throwIfAborted()
    const status = this.status.get(url)
    if (status !== undefined) return new Response('', { status })
    const whole = url.endsWith('.index') ? this.#index() : this.#audio()
    return new Response(whole.slice(span.from, span.to), { status: 206 })
  }

  #index(): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(4 * (this.#blocks + 1)))
    for (let block = 0; block <= this.#blocks; block++) view.setUint32(4 * block, block * BLOCK_BYTES, true)
    return view.buffer
  }

  #audio(): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(BLOCK_BYTES * this.#blocks))
    for (let block = 0; block < this.#blocks; block++) view.setUint32(block * BLOCK_BYTES, block)
    return view.buffer
  }
}

/** Reads the fake server's blocks of a song of so many frames: each sample's value is its song frame's number. */
export function fakeDecoder(frames: Frames): Decoder {
  return async (file) => {
    const from = new DataView(file).getUint32(42) * BLOCK
    const blocks = (file.byteLength - 42) / BLOCK_BYTES
    return fakeBuffer(from, Math.min(frames, from + blocks * BLOCK))
  }
}

export function fakeBuffer(from: Frames, to: Frames): AudioBuffer {
  const samples = Float32Array.from({ length: to - from }, (_, frame) => from + frame)
  return { length: samples.length, numberOfChannels: 2, getChannelData: () => samples } as unknown as AudioBuffer
}

/** A source that the engine started at context frame `at`, to end before `end`. lanes: the song frames of each. */
export interface Start {
  readonly at: Frames
  readonly lanes: readonly Float32Array[]
  end: Frames
}

/** An audio clock that moves by hand and writes down every start, so that transport is tested without sound. */
export class FakeContext extends EventTarget {
  readonly starts: Start[] = []
  readonly destination = node()
  readonly sampleRate = RATE
  state: string = 'running'
  currentTime = 0
  /** Seconds that go by during each start, as on a busy thread. */
  stall = 0

  asContext(): BaseAudioContext {
    return this as unknown as BaseAudioContext
  }

  /** The starts that have not been taken back before they sounded. */
  get audibleStarts(): Start[] {
    return this.starts.filter(({ at, end }) => end > at)
  }

  createGain() {
    return { ...node(), gain: new FakeParam(1), context: this }
  }

  createStereoPanner() {
    return { ...node(), pan: new FakeParam(0) }
  }

  createChannelSplitter() {
    return node()
  }

  createDynamicsCompressor() {
    const param = () => new FakeParam(0)
    return { ...node(), threshold: param(), knee: param(), ratio: param(), attack: param(), release: param() }
  }

  createAnalyser() {
    return { ...node(), fftSize: 0, getFloatTimeDomainData: () => undefined }
  }

  createChannelMerger() {
    return node()
  }

  createBuffer(channels: number, length: Frames) {
    const data = Array.from({ length: channels }, () => new Float32Array(length))
    return { length, numberOfChannels: channels, getChannelData: (channel: number) => data[channel] }
  }

  createBufferSource() {
    const frame = (time: number) => Math.round(time * RATE)
    let begun: Start | null = null
    const source = {
      ...node(),
      buffer: this.createBuffer(0, 0),
      onended: () => undefined,
      stop: (when = this.currentTime) => {
        if (begun) begun.end = Math.min(begun.end, frame(when))
      },
      start: (when: number) => {
        this.currentTime += this.stall
        const { buffer } = source
        const lanes = Array.from({ length: buffer.numberOfChannels / 2 }, (_, lane) => buffer.getChannelData(2 * lane))
        begun = {
          at: frame(when),
          lanes: lanes.map((lane) => lane ?? new Float32Array()),
          end: frame(when) + buffer.length,
        }
        this.starts.push(begun)
      },
    }
    return source
  }
}

class FakeParam {
  value: number
  constructor(value: number) {
    this.value = value
  }
  setTargetAtTime(target: number) {
    this.value = target
  }
  setValueAtTime() {}
  linearRampToValueAtTime() {}
  cancelScheduledValues() {}
}

function node() {
  return { connect: <T>(target: T) => target, disconnect: () => undefined }
}

/** Lets everything that waits for nothing but its turn go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve))
}
