import type { LoadState } from '../failure'
import type { Decoder } from '../flac/decoder'
import type { ChannelStrip } from '../mixer/channelStrip'
import type { MasterBus } from '../mixer/masterBus'
import type { StemSource } from '../player'
import { StemStream } from '../streaming/stemStream'
import type { Amplitude, Frames, Pan } from '../units'
import type { VoiceTrack } from './voice'

/** One stem: its file's stream and, once the sound is open, its strip. */
export class StemTrack implements VoiceTrack {
  source: StemSource
  readonly stream: StemStream
  audible = true
  amplitude: Amplitude = 1
  pan: Pan = 0
  #strip: ChannelStrip | null = null

  constructor(source: StemSource, frames: Frames, decode: Decoder, changed: () => void) {
    this.source = source
    this.stream = new StemStream(source, frames, decode, changed)
  }

  /** Whether a source is the file that this track plays: STREAMINFO ends with a hash of the sound. Its address may differ. */
  playsFile({ stem, streaminfo }: StemSource): boolean {
    return stem === this.source.stem && streaminfo === this.source.streaminfo
  }

  /** Goes on with the same file under another address. */
  renewAddress(source: StemSource): void {
    this.source = source
    this.stream.renewAddresses(source)
  }

  /** Throws before `openStrip`. */
  get strip(): ChannelStrip {
    if (!this.#strip) throw new Error(`the strip of ${this.source.stem} is not open`)
    return this.#strip
  }

  /** The strip once it is open, else null. */
  get openedStrip(): ChannelStrip | null {
    return this.#strip
  }

  openStrip(bus: MasterBus): void {
    this.#strip ??= bus.createStrip(this.audible ? this.amplitude : 0, this.pan)
  }

  setMix(audible: boolean, amplitude: Amplitude, pan: Pan): void {
    if (audible === this.audible && amplitude === this.amplitude && pan === this.pan) return
    this.audible = audible
    this.amplitude = amplitude
    this.pan = pan
    this.#strip?.set(audible ? amplitude : 0, pan)
  }

  /** How far it is for a listener at this position of a song this long. */
  loadState(position: Frames, frames: Frames): LoadState {
    const { failure, retrying, store } = this.stream
    if (failure) return { kind: 'failed', failure }
    if (position >= frames || store.decodedTo(position) > position) return { kind: 'ready' }
    return { kind: 'loading', retrying }
  }

  dispose(): void {
    this.stream.dispose()
    this.#strip?.dispose()
    this.#strip = null
  }
}
