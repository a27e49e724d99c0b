import { LoadError, type LoadFailure } from '../failure'
import type { Decoder } from '../flac/decoder'
import { type FlacFormat, flacFile, flacFormat } from '../flac/flac'
import type { StemSource } from '../player'
import type { Frames, Seconds, Span } from '../units'
import { ChunkStore } from './chunks'
import { type DownloadOptions, download } from './download'
import { FrameIndex } from './frameIndex'

/** A running request is kept when a seek leads into the sound that it decodes next, within this time. */
const KEPT_WITHIN: Seconds = 0.5

/** A request under way, for the chunks of a span. */
interface ChunkRequest {
  readonly abort: AbortController
  readonly span: Span
  /** The frame up to which its sound has been decoded. */
  done: Frames
}

/** One stem's file, fetched by byte ranges and decoded chunk by chunk; one request at a time. */
export class StemStream {
  readonly store = new ChunkStore()
  readonly format: FlacFormat | null
  failure: LoadFailure | null = null
  retrying = false
  #source: StemSource
  readonly #frames: Frames
  readonly #decode: Decoder
  readonly #changed: () => void
  readonly #index: FrameIndex | null
  /** Ends the reading of the index, which outlives a single request. */
  readonly #disposal = new AbortController()
  #request: ChunkRequest | null = null

  /** frames: the file's length. changed: called when a chunk has come, and when failure or retrying change. */
  constructor(source: StemSource, frames: Frames, decode: Decoder, changed: () => void) {
    this.#source = source
    this.#frames = frames
    this.#decode = decode
    this.#changed = changed
    this.format = this.#readFormat()
    const blocks = this.format && Math.ceil(frames / this.format.blockFrames)
    this.#index =
      blocks === null ? null : new FrameIndex(source.indexUrl, blocks, this.#downloadOptions(this.#disposal.signal))
  }

  get busy(): boolean {
    return this.#request !== null
  }

  /** Fetches the chunks between these block numbers, ascending. Only while not busy, and without a failure. */
  fetch(cuts: readonly number[]): void {
    const { format } = this
    if (!format || this.#request || this.failure) return
    const frame = (block = 0) => Math.min(this.#frames, block * format.blockFrames)
    const span = { from: frame(cuts[0]), to: frame(cuts.at(-1)) }
    const request: ChunkRequest = { abort: new AbortController(), span, done: span.from }
    this.#request = request
    void this.#run(request, cuts.map(frame), cuts)
  }

  /** Ends the running request unless it soon brings sound at `frame`. */
  seek(frame: Frames): void {
    const request = this.#request
    const near = KEPT_WITHIN * (this.format?.sampleRate ?? 0)
    if (request && (frame < request.span.from || frame >= Math.min(request.span.to, request.done + near)))
      this.#abort(request)
  }

  /** Ends the running request. */
  stop(): void {
    if (this.#request) this.#abort(this.#request)
  }

  dispose(): void {
    this.stop()
    this.#disposal.abort()
  }

  /** Goes on with the same file under new addresses. */
  renewAddresses(source: StemSource): void {
    this.#source = source
    if (this.#index) this.#index.url = source.indexUrl
    if (this.failure === 'forbidden') this.retry()
  }

  /** Clears a failure, so that `fetch` tries again. */
  retry(): void {
    if (this.format) this.failure = null
  }

  #downloadOptions(signal: AbortSignal): DownloadOptions {
    return {
      signal,
      onRetrying: (yes) => {
        if (signal.aborted) return
        this.retrying = yes
        this.#changed()
      },
    }
  }

  #abort(request: ChunkRequest): void {
    this.#request = null
    this.retrying = false
    request.abort.abort()
  }

  async #run(request: ChunkRequest, frames: readonly Frames[], cuts: readonly number[]): Promise<void> {
    try {
      await this.#downloadChunks(request, frames, cuts)
    } catch (error) {
      if (request.abort.signal.aborted) return
      if (!(error instanceof LoadError)) throw error
      this.failure = error.failure
    }
    if (this.#request !== request) return
    this.#request = null
    this.retrying = false
    this.#changed()
  }

  async #downloadChunks(request: ChunkRequest, frames: readonly Frames[], cuts: readonly number[]): Promise<void> {
    const { signal } = request.abort
    const offsets = (await this.#index?.offsets(cuts)) ?? []
    signal.throwIfAborted()
    const [first = 0] = offsets
    const decoding: Promise<void>[] = []
    let broken: unknown = null
    const decode = (blocks: Uint8Array[], span: Span) => {
      decoding.push(
        this.#decodeChunk(blocks, span, request).catch((error: unknown) => {
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
      this.#downloadOptions(signal),
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

  async #decodeChunk(blocks: readonly Uint8Array[], span: Span, request: ChunkRequest): Promise<void> {
    const { format } = this
    if (!format) return
    const buffer = await this.#decode(flacFile(format.header, blocks))
    if (request.abort.signal.aborted) return
    if (buffer.length !== span.to - span.from) throw new LoadError('undecodable')
    this.store.add({ span, buffer })
    request.done = Math.max(request.done, span.to)
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
