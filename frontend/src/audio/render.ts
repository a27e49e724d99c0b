import type { Decoder } from './decoder'
import { browserDecoder } from './decoder'
import { Desk } from './desk'
import { ExactVoice } from './exactVoice'
import { LoadError } from './failure'
import { nextCuts } from './ladder'
import { LIMITER_LATENCY } from './limiter'
import { audibleStems, type Mix, neutral } from './mixer'
import type { LaneSource } from './player'
import { LaneStream } from './stream'
import { Tape } from './tape'
import { type Decibels, type Frames, type Seconds, type Semitones, type Span, toAmplitude } from './units'

/** The mix as heard, from one song frame to another, as PCM: what an export needs. */
export interface MixRequest {
  readonly sampleRate: number
  /** The recording's length. */
  readonly frames: Frames
  readonly lanes: readonly LaneSource[]
  readonly mix: Mix
  readonly master: Decibels
  readonly limiter: boolean
  readonly tempo: number
  readonly pitch: Semitones
  readonly span: Span
  /** Takes the slices in order, stereo, at sampleRate; the next one is rendered when the promise is kept. */
  readonly sink: (slice: AudioBuffer) => Promise<void> | void
  /** How much is done, 0 to 1. */
  readonly progress?: (fraction: number) => void
  readonly signal?: AbortSignal
}

/** Sound rendered at a time: with ten stems about 20 MB are held. */
const SLICE: Seconds = 5
/** The limiter hears this much before a slice, so that it holds back as it would in one piece. */
const RUN_UP: Seconds = 1

/** Length of the rendered sound: the span's at the tempo asked for. */
export function renderedFrames({ span, tempo }: Pick<MixRequest, 'span' | 'tempo'>): Frames {
  return Math.round((span.to - span.from) / tempo)
}

/** Rejects with LoadError when a stem can't be had, with the signal's reason once it is aborted. */
export async function renderMix(request: MixRequest): Promise<void> {
  const { sampleRate, span, signal, sink, progress } = request
  const sources = new Sources(request, browserDecoder(sampleRate))
  const length = Math.round(SLICE * sampleRate)
  try {
    for (let from = span.from; from < span.to; from += length) {
      signal?.throwIfAborted()
      const to = Math.min(span.to, from + length)
      const slice = await renderSlice(request, sources, { from, to })
      signal?.throwIfAborted()
      await sink(slice)
      progress?.((to - span.from) / (span.to - span.from))
    }
  } finally {
    sources.dispose()
  }
}

/** What is heard of one slice, through the graph that also plays. */
async function renderSlice(request: MixRequest, sources: Sources, { from, to }: Span): Promise<AudioBuffer> {
  const { sampleRate, frames, master, limiter } = request
  const runUp = limiter ? Math.min(from, Math.round(RUN_UP * sampleRate)) : 0
  const skip = limiter ? runUp + Math.round(LIMITER_LATENCY * sampleRate) : 0
  const start = from - runUp
  await sources.gather({ from: start, to })
  const context = new OfflineAudioContext(2, to - from + skip, sampleRate)
  const desk = new Desk(context, master, limiter)
  const voice = new ExactVoice(context, { tape: new Tape(start, frames, null), at: 0, from: 0, tempo: 1 })
  const lanes = sources.all.map(({ stream, amplitude, pan }) => ({ stream, strip: desk.strip(amplitude, pan) }))
  voice.add(lanes, 0, false)
  voice.arm(to - start)
  voice.open()
  const rendered = await context.startRendering()
  sources.release(to - Math.round(RUN_UP * sampleRate))
  return skip > 0 ? withoutStart(rendered, skip) : rendered
}

function withoutStart(buffer: AudioBuffer, skip: Frames): AudioBuffer {
  const { numberOfChannels, sampleRate } = buffer
  const rest = new AudioBuffer({ length: buffer.length - skip, numberOfChannels, sampleRate })
  for (let side = 0; side < numberOfChannels; side++) {
    rest.copyToChannel(buffer.getChannelData(side).subarray(skip), side)
  }
  return rest
}

interface Source {
  readonly stream: LaneStream
  readonly amplitude: number
  readonly pan: number
}

/** The stems that are heard in a mix, decoded as far as the next slice needs. */
class Sources {
  readonly all: readonly Source[]
  readonly #signal: AbortSignal | undefined
  readonly #frames: Frames
  #wake: () => void = () => undefined

  constructor({ lanes, mix, frames, signal }: MixRequest, decode: Decoder) {
    this.#frames = frames
    this.#signal = signal
    const audible = audibleStems(new Map(lanes.map(({ stem }) => [stem, mix.get(stem) ?? neutral])))
    this.all = lanes
      .filter(({ stem }) => audible.has(stem))
      .map((lane) => {
        const { gain, pan } = mix.get(lane.stem) ?? neutral
        const stream = new LaneStream(lane, frames, decode, () => this.#wake())
        return { stream, amplitude: toAmplitude(gain + (lane.trim ?? 0)), pan }
      })
    signal?.addEventListener('abort', this.#stop)
  }

  /** Waits until a span is decoded in all stems. */
  async gather(span: Span): Promise<void> {
    for (;;) {
      this.#signal?.throwIfAborted()
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const missing = this.all.filter(({ stream }) => this.#fetch(stream, span))
      if (missing.length === 0) return
      await changed
    }
  }

  /** Gives up what lies before a frame. */
  release(before: Frames): void {
    for (const { stream } of this.all) stream.store.dropBefore(before)
  }

  dispose(): void {
    this.#signal?.removeEventListener('abort', this.#stop)
    this.#stop()
  }

  readonly #stop = (): void => {
    for (const { stream } of this.all) stream.dispose()
    this.#wake()
  }

  /** Whether something of the span is missing; then it is on its way. */
  #fetch(stream: LaneStream, { from, to }: Span): boolean {
    if (stream.failure) throw new LoadError(stream.failure)
    const missing = stream.store.readyTo(from)
    if (missing >= to) return false
    if (!stream.busy && stream.format) {
      const limit = Math.min(this.#frames, stream.store.nextStart(missing))
      stream.fetch(nextCuts({ position: Number.NEGATIVE_INFINITY, missing, limit }, stream.format, false))
    }
    return true
  }
}
