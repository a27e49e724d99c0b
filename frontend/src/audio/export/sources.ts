import { LoadError } from '../failure'
import type { Decoder } from '../flac/decoder'
import { audibleStems, neutral } from '../mix'
import { nextCuts } from '../streaming/blockSizes'
import { LaneStream } from '../streaming/stemStream'
import { type Frames, type Span, toAmplitude } from '../units'
import type { MixRequest } from './mixRequest'

export interface Source {
  readonly stream: LaneStream
  readonly amplitude: number
  readonly pan: number
}

/** The stems that are heard in a mix, decoded as far as the next slice needs. */
export class Sources {
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
