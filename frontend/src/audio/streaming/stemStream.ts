import { LoadError, type LoadFailure } from '../failure'
import type { Decoder } from '../flac/decoder'
import { type FlacFormat, flacFile, flacFormat } from '../flac/flac'
import type { LaneSource } from '../player'
import type { Frames, Seconds, Span } from '../units'
import { ChunkStore } from './chunks'
import { type DownloadOptions, download } from './download'
import { FrameIndex } from './frameIndex'

/** A running request is kept when a seek leads to what it brings within this time of sound. */
const NEAR: Seconds = 0.5

interface Haul {
  readonly abort: AbortController
  readonly span: Span
  /** Up to where its sound has been decoded. */
  done: Frames
}

/** One stem's file, fetched by byte ranges and decoded chunk by chunk; one request at a time. */
export class LaneStream {
  readonly store = new ChunkStore()
  readonly format: FlacFormat | null
  failure: LoadFailure | null = null
  retrying = false
  #source: LaneSource
  readonly #frames: Frames
  readonly #decode: Decoder
  readonly #changed: () => void
  readonly #index: FrameIndex | null
  /** The index is read for all requests, whichever of them goes on. */
  readonly #life = new AbortController()
  #haul: Haul | null = null

  /** frames: the file's length. changed: called when a chunk has come, and when failure or retrying change. */
  constructor(source: LaneSource, frames: Frames, decode: Decoder, changed: () => void) {
    this.#source = source
    this.#frames = frames
    this.#decode = decode
    this.#changed = changed
    this.format = this.#readFormat()
    const blocks = this.format && Math.ceil(frames / this.format.blockFrames)
    this.#index = blocks === null ? null : new FrameIndex(source.indexUrl, blocks, this.#options(this.#life.signal))
  }

  get busy(): boolean {
    return this.#haul !== null
  }

  /** Fetches the chunks between these block numbers, ascending. Only while not busy, and without a failure. */
  fetch(cuts: readonly number[]): void {
    const { format } = this
    if (!format || this.#haul || this.failure) return
    const frame = (block = 0) => Math.min(this.#frames, block * format.blockFrames)
    const span = { from: frame(cuts[0]), to: frame(cuts.at(-1)) }
    const haul: Haul = { abort: new AbortController(), span, done: span.from }
    this.#haul = haul
    void this.#bring(haul, cuts.map(frame), cuts)
  }

  /** Ends the running request if it brings nothing for playing from `frame` soon. */
  seek(frame: Frames): void {
    const haul = this.#haul
    const near = NEAR * (this.format?.sampleRate ?? 0)
    if (haul && (frame < haul.span.from || frame >= Math.min(haul.span.to, haul.done + near))) this.#end(haul)
  }

  /** Ends the running request. */
  stop(): void {
    if (this.#haul) this.#end(this.#haul)
  }

  dispose(): void {
    this.stop()
    this.#life.abort()
  }

  /** The same file under new addresses. */
  renew(source: LaneSource): void {
    this.#source = source
    if (this.#index) this.#index.url = source.indexUrl
    if (this.failure === 'forbidden') this.retry()
  }

  retry(): void {
    if (this.format) this.failure = null
  }

  #options(signal: AbortSignal): DownloadOptions {
    return {
      signal,
      retrying: (yes) => {
        if (signal.aborted) return
        this.retrying = yes
        this.#changed()
      },
    }
  }

  #end(haul: Haul): void {
    this.#haul = null
    this.retrying = false
    haul.abort.abort()
  }

  async #bring(haul: Haul, frames: readonly Frames[], cuts: readonly number[]): Promise<void> {
    try {
      await this.#haulIn(haul, frames, cuts)
    } catch (error) {
      if (haul.abort.signal.aborted) return
      if (!(error instanceof LoadError)) throw error
      this.failure = error.failure
    }
    if (this.#haul !== haul) return
    this.#haul = null
    this.retrying = false
    this.#changed()
  }

  async #haulIn(haul: Haul, frames: readonly Frames[], cuts: readonly number[]): Promise<void> {
    const { signal } = haul.abort
    const offsets = (await this.#index?.offsets(cuts)) ?? []
    signal.throwIfAborted()
    const [first = 0] = offsets
    const decoding: Promise<void>[] = []
    let broken: unknown = null
    const decode = (blocks: Uint8Array[], span: Span) => {
      decoding.push(
        this.#decodeChunk(blocks, span, haul).catch((error: unknown) => {
          broken ??= error
        }),
      )
    }
    let pieces: Uint8Array[] = []
    let held = 0
    let chunk = 1
    for await (let piece of download(
      this.#source.url,
      { from: first, to: offsets.at(-1) ?? 0 },
      this.#options(signal),
    )) {
      for (; chunk < cuts.length; chunk++) {
        const wanted = (offsets[chunk] ?? 0) - (offsets[chunk - 1] ?? 0)
        if (held + piece.length < wanted) break
        const rest = wanted - held
        const span = { from: frames[chunk - 1] ?? 0, to: frames[chunk] ?? 0 }
        decode([...pieces, piece.subarray(0, rest)], span)
        piece = piece.subarray(rest)
        pieces = []
        held = 0
      }
      if (piece.length > 0) pieces.push(piece)
      held += piece.length
    }
    await Promise.all(decoding)
    if (broken) throw broken
  }

  async #decodeChunk(blocks: readonly Uint8Array[], span: Span, haul: Haul): Promise<void> {
    const { format } = this
    if (!format) return
    const buffer = await this.#decode(flacFile(format.header, blocks))
    if (haul.abort.signal.aborted) return
    if (buffer.length !== span.to - span.from) throw new LoadError('undecodable')
    this.store.add({ span, buffer })
    haul.done = Math.max(haul.done, span.to)
    this.#changed()
  }

  #readFormat(): FlacFormat | null {
    try {
      return flacFormat(this.#source.streaminfo)
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      this.failure = error.failure
      return null
    }
  }
}
