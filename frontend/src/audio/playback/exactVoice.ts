import { type Anchor, contextFrameAt } from '../timeline/anchor'
import type { Frames, Seconds, Span } from '../units'
import { FadeGate, RAMP } from './fadeGate'
import { copyTimeline } from './loopedPcm'
import { MOST_TRACKS, StemRouter } from './stemRouter'
import { decodedTo, type Voice, type VoiceTrack } from './voice'

/** A source ends this long after its gate has shut. */
const STOP_AFTER: Seconds = 0.02

/** How far a track has been armed. */
interface Progress {
  armed: Frames
  /** Whether what is armed next begins with a ramp. */
  ramp: boolean
}

/** One source that plays a stretch of the timeline for several tracks: none of them can sound earlier or later than another. */
interface Batch {
  readonly tracks: readonly VoiceTrack[]
  readonly span: Span
  readonly ramp: boolean
  readonly source: AudioBufferSourceNode
  readonly gate: FadeGate
  readonly router: StemRouter
}

/** Plays samples untouched: sources of stretches of the timeline follow each other at whole frames of the context. */
export class ExactVoice implements Voice {
  readonly lead = 0
  readonly canJoin = true
  readonly #context: BaseAudioContext
  readonly #anchor: Anchor
  readonly #progress = new Map<VoiceTrack, Progress>()
  readonly #batches = new Set<Batch>()
  /** Armed and not yet opened. */
  #unopened: readonly Batch[] = []

  constructor(context: BaseAudioContext, anchor: Anchor) {
    this.#context = context
    this.#anchor = anchor
  }

  has(track: VoiceTrack): boolean {
    return this.#progress.has(track)
  }

  add(tracks: readonly VoiceTrack[], from: Frames, ramp: boolean): void {
    for (const track of tracks) this.#progress.set(track, { armed: from, ramp })
  }

  remove(track: VoiceTrack): void {
    this.#progress.delete(track)
    for (const { router } of this.#batches) router.remove(track)
  }

  armedTo(track: VoiceTrack): Frames {
    return this.#progress.get(track)?.armed ?? 0
  }

  arm(to: Frames): void {
    const batches: Batch[] = []
    const decoded = [...this.#progress].filter(([track, { armed }]) => {
      return armed < to && decodedTo(track.stream, this.#anchor.timeline, armed, to) >= to
    })
    for (const group of groupByProgress(decoded)) {
      const batch = this.#startBatch(group.tracks, { from: group.armed, to }, group.ramp)
      batches.push(batch)
      this.#batches.add(batch)
      for (const track of group.tracks) this.#progress.set(track, { armed: to, ramp: false })
    }
    this.#unopened = batches
  }

  open(): void {
    for (const { gate, span, ramp } of this.#unopened) gate.open(contextFrameAt(this.#anchor, span.from), ramp)
    this.#unopened = []
  }

  discard(): void {
    for (const batch of this.#unopened) {
      batch.source.stop()
      this.#dispose(batch)
      for (const track of batch.tracks) this.#progress.set(track, { armed: batch.span.from, ramp: batch.ramp })
    }
    this.#unopened = []
  }

  stop(at: Frames, ramp: boolean): void {
    const frame = Math.max(this.#context.currentTime * this.#context.sampleRate, at)
    for (const { gate, source } of this.#batches) {
      gate.close(frame, ramp)
      source.stop(frame / this.#context.sampleRate + RAMP + STOP_AFTER)
    }
  }

  #startBatch(tracks: readonly VoiceTrack[], span: Span, ramp: boolean): Batch {
    const context = this.#context
    const buffer = context.createBuffer(2 * tracks.length, span.to - span.from, context.sampleRate)
    for (const [number, { stream }] of tracks.entries()) {
      const sides = [buffer.getChannelData(2 * number), buffer.getChannelData(2 * number + 1)] as const
      copyTimeline(stream.store, this.#anchor.timeline, span, sides)
    }
    const source = context.createBufferSource()
    const gate = new FadeGate(context)
    const router = new StemRouter(context, tracks)
    source.buffer = buffer
    source.connect(gate.node).connect(router.input)
    source.start(contextFrameAt(this.#anchor, span.from) / context.sampleRate)
    const batch = { tracks, span, ramp, source, gate, router }
    source.onended = () => this.#dispose(batch)
    return batch
  }

  #dispose(batch: Batch): void {
    batch.source.disconnect()
    batch.gate.node.disconnect()
    batch.router.dispose()
    this.#batches.delete(batch)
  }
}

/** Groups tracks that go on from the same frame in the same way, as many as one source can hold. */
function groupByProgress(
  pending: readonly (readonly [VoiceTrack, Progress])[],
): (Progress & { tracks: VoiceTrack[] })[] {
  const groups: (Progress & { tracks: VoiceTrack[] })[] = []
  for (const [track, { armed, ramp }] of pending) {
    const group = groups.find(
      (other) => other.armed === armed && other.ramp === ramp && other.tracks.length < MOST_TRACKS,
    )
    if (group) group.tracks.push(track)
    else groups.push({ armed, ramp, tracks: [track] })
  }
  return groups
}
