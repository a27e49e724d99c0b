import type { Frames, Span } from '../units'

/** A stretch of the timeline: from timeline frame `at` on, this span of the song is heard. */
export interface TimelinePiece {
  readonly at: Frames
  readonly span: Span
}

/**
 * What is heard from a start on, in order: timeline frame 0 is song frame `start`, each later one follows it, and the
 * loop's end is followed by its start. A start at or after the loop's end plays on to the end of the song.
 */
export class Timeline {
  readonly start: Frames
  readonly loop: Span | null
  readonly #frames: Frames

  constructor(start: Frames, frames: Frames, loop: Span | null) {
    this.start = start
    this.#frames = frames
    this.loop = loop && start < loop.to ? loop : null
  }

  /** The timeline's length; Infinity in a loop. */
  get length(): Frames {
    return this.loop ? Number.POSITIVE_INFINITY : this.#frames - this.start
  }

  /** Returns the song frame that is played at a timeline frame. */
  songFrameAt(at: Frames): Frames {
    const straight = this.start + Math.max(0, at)
    if (!this.loop) return Math.min(this.#frames, straight)
    const { from, to } = this.loop
    return straight < to ? straight : from + ((straight - to) % (to - from))
  }

  /** Returns the song frame up to which the song goes on from `song` without a jump: the loop's end, or the song's. */
  nextJump(song: Frames): Frames {
    return this.loop && song < this.loop.to ? this.loop.to : this.#frames
  }

  /** Yields the pieces from one timeline frame up to another, or to the timeline's end. */
  *pieces(from: Frames, to: Frames): Generator<TimelinePiece> {
    const end = Math.min(to, this.length)
    for (let at = from; at < end; ) {
      const song = this.songFrameAt(at)
      const length = Math.min(end - at, this.nextJump(song) - song)
      yield { at, span: { from: song, to: song + length } }
      at += length
    }
  }
}
