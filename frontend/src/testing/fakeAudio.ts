import type { MixRequest } from '@/audio/export/mixRequest'
import type { Decoder } from '@/audio/flac/decoder'
import { type Channel, neutral } from '@/audio/mix'
import { ChannelStrip } from '@/audio/mixer/channelStrip'
import type { VoiceTrack } from '@/audio/playback/voice'
import type { StemSource } from '@/audio/player'
import { ChunkStore } from '@/audio/streaming/chunks'
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

/** A request to mix the whole of a song so long: its stems, each with what sets it apart from a neutral channel. */
export function aMixRequest(
  frames: Frames,
  stems: Record<string, Partial<Channel>>,
  change: Partial<MixRequest> = {},
): MixRequest {
  return {
    sampleRate: RATE,
    frames,
    sources: Object.keys(stems).map(stemSource),
    mix: new Map(Object.entries(stems).map(([stem, channel]) => [stem, { ...neutral, ...channel }])),
    master: 0,
    limiter: false,
    tempo: 1,
    pitch: 0,
    span: { from: 0, to: frames },
    sink: () => undefined,
    ...change,
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

/** The browser's place for samples; `vi.stubGlobal('AudioBuffer', FakeAudioBuffer)` puts it there. */
export class FakeAudioBuffer {
  readonly length: number
  readonly numberOfChannels: number
  readonly sampleRate: number
  readonly #channels: Float32Array[]

  constructor({ length, numberOfChannels = 1, sampleRate }: AudioBufferOptions) {
    this.length = length
    this.numberOfChannels = numberOfChannels
    this.sampleRate = sampleRate
    this.#channels = Array.from({ length: numberOfChannels }, () => new Float32Array(length))
  }

  getChannelData(channel: number): Float32Array {
    const samples = this.#channels[channel]
    if (!samples) throw new DOMException(`no channel ${channel}`, 'IndexSizeError')
    return samples
  }

  copyToChannel(samples: Float32Array, channel: number): void {
    this.getChannelData(channel).set(samples)
  }
}

/** A source that was started at context frame `at`, to end before `end`. stems: the song frames of each. */
export interface Start {
  readonly at: Frames
  readonly stems: readonly Float32Array[]
  end: Frames
}

/** A connection from one node to another. */
interface FakeConnection {
  readonly target: FakeNode
  readonly output: number
  readonly input: number
}

/** A node that writes down what it is connected to. */
export class FakeNode {
  readonly kind: string
  connections: FakeConnection[] = []

  constructor(kind: string) {
    this.kind = kind
  }

  connect<T>(target: T, output = 0, input = 0): T {
    this.connections.push({ target: target as unknown as FakeNode, output, input })
    return target
  }

  disconnect(): void {
    this.connections = []
  }

  /** The kinds of the nodes on the way from this one to one that leads nowhere; meters, which split, are left out. */
  get path(): string[] {
    const next = this.connections.find(({ target }) => target.kind !== 'splitter')
    return [this.kind, ...(next?.target.path ?? [])]
  }
}

/** One change that was scheduled on a parameter. */
export interface FakeEvent {
  readonly kind: 'set' | 'ramp' | 'target' | 'cancel'
  readonly time: number
  readonly value?: number
  readonly timeConstant?: number
}

/** A parameter that writes down what is scheduled; `value` is the last target. */
export class FakeParam {
  value: number
  readonly events: FakeEvent[] = []

  constructor(value: number) {
    this.value = value
  }

  setTargetAtTime(value: number, time: number, timeConstant: number): void {
    this.value = value
    this.events.push({ kind: 'target', value, time, timeConstant })
  }

  setValueAtTime(value: number, time: number): void {
    this.events.push({ kind: 'set', value, time })
  }

  linearRampToValueAtTime(value: number, time: number): void {
    this.events.push({ kind: 'ramp', value, time })
  }

  cancelScheduledValues(time: number): void {
    this.events.push({ kind: 'cancel', time })
  }
}

export function fakeNode(node: AudioNode): FakeNode {
  return node as unknown as FakeNode
}

export function fakeParam(param: AudioParam): FakeParam {
  return param as unknown as FakeParam
}

/** An audio clock that moves by hand and writes down every start, so that transport is tested without sound. */
export class FakeContext extends EventTarget {
  readonly starts: Start[] = []
  readonly destination = new FakeNode('destination')
  readonly sampleRate = RATE
  /** All nodes, in the order in which they were made. */
  readonly created: FakeNode[] = []
  /** What each analyser hears, in the order in which they are made. */
  readonly analysed: Float32Array[] = []
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
    return this.#create('gain', { gain: new FakeParam(1), context: this, channelCount: 2 })
  }

  createStereoPanner() {
    return this.#create('panner', { pan: new FakeParam(0) })
  }

  createChannelSplitter(outputs = 6) {
    return this.#create('splitter', { outputs })
  }

  createChannelMerger(inputs = 6) {
    return this.#create('merger', { inputs })
  }

  createDynamicsCompressor() {
    const param = () => new FakeParam(0)
    return this.#create('compressor', {
      threshold: param(),
      knee: param(),
      ratio: param(),
      attack: param(),
      release: param(),
    })
  }

  createAnalyser() {
    const number = this.created.filter(({ kind }) => kind === 'analyser').length
    const getFloatTimeDomainData = (window: Float32Array) => {
      const samples = this.analysed[number]
      if (samples) window.set(samples)
    }
    return this.#create('analyser', { fftSize: 0, getFloatTimeDomainData })
  }

  createBuffer(channels: number, length: Frames) {
    const data = Array.from({ length: channels }, () => new Float32Array(length))
    return { length, numberOfChannels: channels, getChannelData: (channel: number) => data[channel] }
  }

  createBufferSource() {
    const frame = (time: number) => Math.round(time * RATE)
    let begun: Start | null = null
    const source = this.#create('source', {
      buffer: this.createBuffer(0, 0),
      onended: () => undefined,
      stop: (when = this.currentTime) => {
        if (begun) begun.end = Math.min(begun.end, frame(when))
      },
      start: (when: number) => {
        this.currentTime += this.stall
        const { buffer } = source
        const stems = Array.from({ length: buffer.numberOfChannels / 2 }, (_, stem) => buffer.getChannelData(2 * stem))
        begun = {
          at: frame(when),
          stems: stems.map((samples) => samples ?? new Float32Array()),
          end: frame(when) + buffer.length,
        }
        this.starts.push(begun)
      },
    })
    return source
  }

  #create<T extends object>(kind: string, members: T): FakeNode & T {
    const node = Object.assign(new FakeNode(kind), members)
    this.created.push(node)
    return node
  }
}

/** A stream that has these spans of a song decoded, and a strip to sound through: what a voice needs of a stem. */
export function fakeVoiceTrack(context: FakeContext, ...decoded: readonly (readonly [Frames, Frames])[]): VoiceTrack {
  const store = new ChunkStore()
  for (const [from, to] of decoded) store.add({ span: { from, to }, buffer: fakeBuffer(from, to) })
  const strip = new ChannelStrip(context.asContext(), context.createGain() as unknown as AudioNode, 1, 0)
  return { stream: { store } as unknown as VoiceTrack['stream'], strip }
}

/** Lets everything that waits for nothing but its turn go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve))
}
