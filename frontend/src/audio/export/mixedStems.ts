import { LoadError } from '../failure'
import type { Decoder } from '../flac/decoder'
import { audibleStems, neutral } from '../mix'
import { nextChunkBoundaries } from '../streaming/blockSizes'
import { StemStream } from '../streaming/stemStream'
import { type Amplitude, type Frames, type Pan, type Span, toAmplitude } from '../units'
import type { MixRequest } from './mixRequest'

export interface MixedStem {
  readonly stream: StemStream
  readonly amplitude: Amplitude
  readonly pan: Pan
}

/** Streams the stems that are audible in a mix, and decodes them as far as the next slice needs. */
export class MixedStems {
  readonly stems: readonly MixedStem[]
  readonly #signal: AbortSignal | undefined
  readonly #frames: Frames
  #onProgress: () => void = () => undefined

  constructor({ sources, mix, frames, signal }: MixRequest, decode: Decoder) {
    this.#frames = frames
    this.#signal = signal
    const audible = audibleStems(new Map(sources.map(({ stem }) => [stem, mix.get(stem) ?? neutral])))
    this.stems = sources
      .filter(({ stem }) => audible.has(stem))
      .map((source) => {
        const { gain, pan } = mix.get(source.stem) ?? neutral
        const stream = new StemStream(source, frames, decode, () => this.#onProgress())
        return { stream, amplitude: toAmplitude(gain + (source.trim ?? 0)), pan }
      })
    signal?.addEventListener('abort', this.#abort)
  }

  /** Waits until a span is decoded in all stems. */
  async waitUntilDecoded(span: Span): Promise<void> {
    for (;;) {
      this.#signal?.throwIfAborted()
      const changed = new Promise<void>((resolve) => {
        this.#onProgress = resolve
      })
      const missing = this.stems.filter(({ stream }) => this.#requestMissing(stream, span))
      if (missing.length === 0) return
      await changed
    }
  }

  /** Drops what is decoded before a frame. */
  release(before: Frames): void {
    for (const { stream } of this.stems) stream.store.dropBefore(before)
  }

  dispose(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#abort()
  }

  readonly #abort = (): void => {
    for (const { stream } of this.stems) stream.dispose()
    this.#onProgress()
  }

  /** Requests what is missing of the span; false when nothing is. Throws LoadError when the stem can't be had. */
  #requestMissing(stream: StemStream, { from, to }: Span): boolean {
    if (stream.failure) throw new LoadError(stream.failure)
    const missing = stream.store.decodedTo(from)
    if (missing >= to) return false
    if (!stream.busy && stream.format) {
      const limit = Math.min(this.#frames, stream.store.nextStart(missing))
      stream.fetch(nextChunkBoundaries({ position: Number.NEGATIVE_INFINITY, missing, limit }, stream.format, false))
    }
    return true
  }
}
