import type { LoadState } from '../failure'
import type { Decoder } from '../flac/decoder'
import type { Strip } from '../mixer/channelStrip'
import type { Desk } from '../mixer/masterBus'
import type { LaneSource } from '../player'
import { LaneStream } from '../streaming/stemStream'
import type { Frames } from '../units'
import type { VoiceLane } from './voice'

/** One stem: its file's stream and, once the sound is open, its strip. */
export class Lane implements VoiceLane {
  source: LaneSource
  readonly stream: LaneStream
  audible = true
  amplitude = 1
  pan = 0
  #strip: Strip | null = null

  constructor(source: LaneSource, frames: Frames, decode: Decoder, changed: () => void) {
    this.source = source
    this.stream = new LaneStream(source, frames, decode, changed)
  }

  /** Whether a source is this lane's file: STREAMINFO ends with a hash of the sound. Its address may be another. */
  is({ stem, streaminfo }: LaneSource): boolean {
    return stem === this.source.stem && streaminfo === this.source.streaminfo
  }

  renew(source: LaneSource): void {
    this.source = source
    this.stream.renew(source)
  }

  get strip(): Strip {
    if (!this.#strip) throw new Error(`the strip of ${this.source.stem} is not open`)
    return this.#strip
  }

  get opened(): Strip | null {
    return this.#strip
  }

  open(desk: Desk): void {
    this.#strip ??= desk.strip(this.audible ? this.amplitude : 0, this.pan)
  }

  set(audible: boolean, amplitude: number, pan: number): void {
    if (audible === this.audible && amplitude === this.amplitude && pan === this.pan) return
    this.audible = audible
    this.amplitude = amplitude
    this.pan = pan
    this.#strip?.set(audible ? amplitude : 0, pan)
  }

  /** What there is to say of it for a listener at this position of a song this long. */
  load(position: Frames, frames: Frames): LoadState {
    const { failure, retrying, store } = this.stream
    if (failure) return { kind: 'failed', failure }
    if (position >= frames || store.readyTo(position) > position) return { kind: 'ready' }
    return { kind: 'loading', retrying }
  }

  dispose(): void {
    this.stream.dispose()
    this.#strip?.dispose()
    this.#strip = null
  }
}
