import type { Timeline } from '../timeline/timeline'
import type { Frames, Seconds, Span } from '../units'
import { type Gap, nextChunkBoundaries } from './blockSizes'
import { evict } from './chunks'
import type { StemStream } from './stemStream'

/** Decoded sound behind the position that is kept. */
const BEHIND: Seconds = 2
/** Muted stems are fetched once the others have this much. */
const SECURE: Seconds = 2
/** The start of a loop that is always kept, so that its wrap never waits. */
const PIN: Seconds = 0.5
/** Decoded sound ahead of the position: a chunk is fetched while there is less. */
const AHEAD: Seconds = 10
const LEAST_AHEAD: Seconds = 4
/** Memory for all decoded chunks together, where the window of LEAST_AHEAD allows. */
const BUDGET_BYTES = 26e6
/** A browser opens six connections to an HTTP/1.1 server: more stems than that fetch small pieces in turn. */
const CONNECTIONS = 6

/** A stem to fetch for. */
export interface PrefetchedStem {
  readonly stream: StemStream
  /** Whether it is audible, so that it is fetched before the others. */
  readonly urgent: boolean
}

/** What is going to be played: the timeline from a timeline frame on. */
export interface PlaybackCourse {
  readonly timeline: Timeline
  readonly at: Frames
  /** Otherwise only what is needed to start is fetched. */
  readonly playing: boolean
}

/** Decides which stem fetches what next, and which decoded sound is dropped. */
export class Prefetcher {
  readonly #sampleRate: number
  #turn = 0

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
  }

  /** Drops what is not needed any more, and lets every idle stem fetch the first gap in what is. */
  fetchNext(stems: readonly PrefetchedStem[], course: PlaybackCourse): void {
    const streams = stems.map(({ stream }) => stream)
    const ahead = course.playing ? this.#maxDecodedAhead(streams) : 0
    this.#evictUnused(streams, course, ahead)
    const spans = this.#listNeededSpans(course, ahead)
    const secure = stems.every(({ stream, urgent }) => !urgent || stream.failure || this.#hasSecureLead(stream, course))
    for (const { stream, urgent } of stems) {
      if (stream.busy || stream.failure || !stream.format || !(urgent || secure)) continue
      const gap = findFirstGap(stream, spans)
      if (gap) stream.fetch(nextChunkBoundaries(gap, stream.format, stems.length > CONNECTIONS))
    }
  }

  /** Returns how far ahead the memory allows to decode. */
  #maxDecodedAhead(streams: readonly StemStream[]): Frames {
    const bytesPerFrame = streams.reduce((sum, { format }) => sum + 4 * (format?.channels ?? 0), 0)
    // A chunk more than asked for comes, two seconds long, and as much is behind.
    const seconds = BUDGET_BYTES / (bytesPerFrame * this.#sampleRate) - BEHIND - 2
    return Math.round(Math.min(AHEAD, Math.max(LEAST_AHEAD, seconds)) * this.#sampleRate)
  }

  #evictUnused(streams: readonly StemStream[], { timeline, at }: PlaybackCourse, ahead: Frames): void {
    const song = timeline.songFrameAt(at)
    const behind = { from: song - BEHIND * this.#sampleRate, to: song + 1 }
    const inUse = [
      behind,
      ...this.#loopStart(timeline),
      ...[...timeline.pieces(at, at + ahead + 2 * this.#sampleRate)].map(({ span }) => span),
    ]
    const turn = ++this.#turn
    for (const { store } of streams) store.markUsed(inUse, turn)
    evict(
      streams.map(({ store }) => store),
      BUDGET_BYTES,
      turn,
    )
  }

  /** Lists spans in the order in which they are needed, each with the position that its distance is counted from. */
  #listNeededSpans({ timeline, at, playing }: PlaybackCourse, ahead: Frames): (Gap & { to: Frames })[] {
    const rate = this.#sampleRate
    const gap = (from: Frames, span: Span) => ({
      position: span.from - from,
      missing: span.from,
      to: span.to,
      limit: timeline.nextJump(span.from),
    })
    const pieces = (from: Frames, to: Frames) =>
      [...timeline.pieces(at + from, at + to)].map((piece) => gap(piece.at - at, piece.span))
    if (!playing) return pieces(0, 1)
    const pinned = this.#loopStart(timeline).map((span) => gap(SECURE * rate, span))
    return [...pieces(0, SECURE * rate), ...pinned, ...pieces(SECURE * rate, ahead)]
  }

  #loopStart({ loop }: Timeline): Span[] {
    if (!loop) return []
    return [{ from: loop.from, to: Math.min(loop.to, loop.from + PIN * this.#sampleRate) }]
  }

  #hasSecureLead(stream: StemStream, { timeline, at, playing }: PlaybackCourse): boolean {
    const needed = playing ? SECURE * this.#sampleRate : 1
    return [...timeline.pieces(at, at + needed)].every(({ span }) => stream.store.decodedTo(span.from) >= span.to)
  }
}

function findFirstGap({ store }: StemStream, spans: readonly (Gap & { to: Frames })[]): Gap | null {
  for (const { position, missing: from, to, limit } of spans) {
    const missing = store.decodedTo(from)
    if (missing < to) return { position, missing, limit: Math.min(limit, store.nextStart(missing)) }
  }
  return null
}
