import type { Tape } from '../timeline/timeline'
import type { Frames, Seconds, Span } from '../units'
import { type Gap, nextCuts } from './blockSizes'
import { evict } from './chunks'
import type { LaneStream } from './stemStream'

/** Decoded sound behind the position that is kept. */
const BEHIND: Seconds = 2
/** Muted stems are fetched once the others have this much. */
const SECURE: Seconds = 2
/** The start of a loop that is always kept, so that its wrap never waits. */
const PIN: Seconds = 0.5
/** Decoded sound ahead of the position: a chunk is fetched while there is less. */
const AHEAD: Seconds = 10
const LEAST_AHEAD: Seconds = 4
/** What all decoded chunks together may take, where the window of LEAST_AHEAD allows. */
const BUDGET_BYTES = 26e6
/** A browser opens six connections to an HTTP/1.1 server: more stems than that fetch small pieces in turn. */
const CONNECTIONS = 6

export interface Supplied {
  readonly stream: LaneStream
  /** Whether it is heard, so that nothing may wait for others. */
  readonly urgent: boolean
}

/** What is going to be heard: the tape from a tape frame on. */
export interface Course {
  readonly tape: Tape
  readonly at: Frames
  /** Idle: only what is needed to begin is fetched. */
  readonly playing: boolean
}

/** Decides which stem fetches what next, and which decoded sound is given up. */
export class Supply {
  readonly #sampleRate: number
  #turn = 0

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
  }

  pump(lanes: readonly Supplied[], course: Course): void {
    const streams = lanes.map(({ stream }) => stream)
    const ahead = course.playing ? this.#ahead(streams) : 0
    this.#tidy(streams, course, ahead)
    const spans = this.#wanted(course, ahead)
    const secure = lanes.every(({ stream, urgent }) => !urgent || stream.failure || this.#isSecure(stream, course))
    for (const { stream, urgent } of lanes) {
      if (stream.busy || stream.failure || !stream.format || !(urgent || secure)) continue
      const gap = firstGap(stream, spans)
      if (gap) stream.fetch(nextCuts(gap, stream.format, lanes.length > CONNECTIONS))
    }
  }

  /** How far ahead the memory allows to decode. */
  #ahead(streams: readonly LaneStream[]): Frames {
    const bytesPerFrame = streams.reduce((sum, { format }) => sum + 4 * (format?.channels ?? 0), 0)
    // A chunk more than asked for comes, two seconds long, and as much is behind.
    const seconds = BUDGET_BYTES / (bytesPerFrame * this.#sampleRate) - BEHIND - 2
    return Math.round(Math.min(AHEAD, Math.max(LEAST_AHEAD, seconds)) * this.#sampleRate)
  }

  #tidy(streams: readonly LaneStream[], { tape, at }: Course, ahead: Frames): void {
    const song = tape.songAt(at)
    const behind = { from: song - BEHIND * this.#sampleRate, to: song + 1 }
    const inUse = [
      behind,
      ...this.#pin(tape),
      ...[...tape.pieces(at, at + ahead + 2 * this.#sampleRate)].map(({ span }) => span),
    ]
    const turn = ++this.#turn
    for (const { store } of streams) store.touch(inUse, turn)
    evict(
      streams.map(({ store }) => store),
      BUDGET_BYTES,
      turn,
    )
  }

  /** Spans in the order in which they are needed, each with the position that its distance is counted from. */
  #wanted({ tape, at, playing }: Course, ahead: Frames): (Gap & { to: Frames })[] {
    const rate = this.#sampleRate
    const gap = (from: Frames, span: Span) => ({
      position: span.from - from,
      missing: span.from,
      to: span.to,
      limit: tape.limit(span.from),
    })
    const pieces = (from: Frames, to: Frames) =>
      [...tape.pieces(at + from, at + to)].map((piece) => gap(piece.at - at, piece.span))
    if (!playing) return pieces(0, 1)
    const pinned = this.#pin(tape).map((span) => gap(SECURE * rate, span))
    return [...pieces(0, SECURE * rate), ...pinned, ...pieces(SECURE * rate, ahead)]
  }

  #pin({ loop }: Tape): Span[] {
    if (!loop) return []
    return [{ from: loop.from, to: Math.min(loop.to, loop.from + PIN * this.#sampleRate) }]
  }

  #isSecure(stream: LaneStream, { tape, at, playing }: Course): boolean {
    const needed = playing ? SECURE * this.#sampleRate : 1
    return [...tape.pieces(at, at + needed)].every(({ span }) => stream.store.readyTo(span.from) >= span.to)
  }
}

function firstGap({ store }: LaneStream, spans: readonly (Gap & { to: Frames })[]): Gap | null {
  for (const { position, missing: from, to, limit } of spans) {
    const missing = store.readyTo(from)
    if (missing < to) return { position, missing, limit: Math.min(limit, store.nextStart(missing)) }
  }
  return null
}
