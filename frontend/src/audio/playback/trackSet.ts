import type { Frames } from '../units'
import type { StemTrack } from './stemTrack'

/** Replaced tracks may still be fading out for so long. */
const FADE_OUT_MS = 500

/** The tracks of a transport, and those that they replace: these go on sounding until the new ones do. */
export class TrackSet {
  #current: readonly StemTrack[] = []
  #replaced: readonly StemTrack[] = []

  get current(): readonly StemTrack[] {
    return this.#current
  }

  /** The current tracks whose files can be had, as far as is known. */
  get playable(): readonly StemTrack[] {
    return this.#current.filter(({ stream }) => !stream.failure)
  }

  /** All tracks that may sound: the current ones, and those that they replace. */
  get all(): readonly StemTrack[] {
    return [...this.#current, ...this.#replaced]
  }

  get hasReplaced(): boolean {
    return this.#replaced.length > 0
  }

  /** Sets the current tracks. Of those that are no longer named, silent ones are disposed of at once. */
  set(tracks: readonly StemTrack[], isSounding: (track: StemTrack) => boolean): void {
    const gone = this.all.filter((track) => !tracks.includes(track))
    this.#current = tracks
    this.#replaced = gone.filter(isSounding)
    for (const track of gone) if (!isSounding(track)) track.dispose()
  }

  /** Disposes of the replaced tracks, once they have faded out. */
  releaseReplaced(): void {
    const gone = this.#replaced
    this.#replaced = []
    if (gone.length > 0) setTimeout(() => disposeOf(gone), FADE_OUT_MS)
  }

  /** Ends requests that soon bring nothing at a song frame. */
  seek(frame: Frames): void {
    for (const { stream } of this.#current) stream.seek(frame)
  }

  dispose(): void {
    disposeOf(this.#current)
    this.#current = []
  }
}

function disposeOf(tracks: readonly StemTrack[]): void {
  for (const track of tracks) track.dispose()
}
