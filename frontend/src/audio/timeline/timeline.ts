import type { Frames, Span } from '../units'

/** A stretch of tape: from tape frame `at` on, this span of the song is heard. */
export interface TapePiece {
  readonly at: Frames
  readonly span: Span
}

/**
 * What is heard from a start on, in order: tape frame 0 is song frame `start`, each later one follows it, and the
 * loop's end is followed by its start. A start at or after the loop's end plays on to the end of the song.
 */
export class Tape {
  readonly start: Frames
  readonly loop: Span | null
  readonly #frames: Frames

  constructor(start: Frames, frames: Frames, loop: Span | null) {
    this.start = start
    this.#frames = frames
    this.loop = loop && start < loop.to ? loop : null
  }

  /** The tape's length; Infinity in a loop. */
  get length(): Frames {
    return this.loop ? Number.POSITIVE_INFINITY : this.#frames - this.start
  }

  songAt(at: Frames): Frames {
    const straight = this.start + Math.max(0, at)
    if (!this.loop) return Math.min(this.#frames, straight)
    const { from, to } = this.loop
    return straight < to ? straight : from + ((straight - to) % (to - from))
  }

  /** Up to where the song goes on without a jump from a song frame on. */
  limit(song: Frames): Frames {
    return this.loop && song < this.loop.to ? this.loop.to : this.#frames
  }

  /** The pieces from one tape frame up to another, or to the tape's end. */
  *pieces(from: Frames, to: Frames): Generator<TapePiece> {
    const end = Math.min(to, this.length)
    for (let at = from; at < end; ) {
      const song = this.songAt(at)
      const length = Math.min(end - at, this.limit(song) - song)
      yield { at, span: { from: song, to: song + length } }
      at += length
    }
  }
}
