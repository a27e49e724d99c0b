import type { Chunk } from './chunks'
import { Gate } from './gate'
import { contextAt, type Take } from './take'
import type { Frames, Seconds, Span } from './units'
import { readyTo, type Voice, type VoiceLane } from './voice'

/** Sources end this long after their gate began to shut. */
const AFTER: Seconds = 0.02

interface Part {
  armed: Frames
  /** Whether what is armed next begins with a ramp. */
  ramp: boolean
}

interface Sounding {
  readonly lane: VoiceLane
  readonly source: AudioBufferSourceNode
}

/** What was armed together from one tape frame on: it is heard through one gate. */
interface Batch {
  readonly gate: Gate
  readonly from: Frames
  readonly ramp: boolean
  readonly sounding: Set<Sounding>
}

/** Plays samples untouched: each chunk is a source that starts at its own whole frame of the context. */
export class ExactVoice implements Voice {
  readonly #context: BaseAudioContext
  readonly #take: Take
  readonly #parts = new Map<VoiceLane, Part>()
  readonly #batches = new Set<Batch>()
  /** Armed and not yet opened, with where its lanes stood before. */
  #closed: { batches: Batch[]; before: Map<VoiceLane, Part> } = { batches: [], before: new Map() }

  constructor(context: BaseAudioContext, take: Take) {
    this.#context = context
    this.#take = take
  }

  has(lane: VoiceLane): boolean {
    return this.#parts.has(lane)
  }

  add(lanes: readonly VoiceLane[], from: Frames, ramp: boolean): void {
    for (const lane of lanes) this.#parts.set(lane, { armed: from, ramp })
  }

  remove(lane: VoiceLane): void {
    this.#parts.delete(lane)
    for (const { sounding } of this.#batches) {
      for (const { lane: other, source } of sounding) {
        if (other !== lane) continue
        source.disconnect()
        source.stop()
      }
    }
  }

  armed(lane: VoiceLane): Frames {
    return this.#parts.get(lane)?.armed ?? 0
  }

  arm(to: Frames): void {
    const batches: Batch[] = []
    const before = new Map<VoiceLane, Part>()
    for (const [lane, part] of this.#parts) {
      const from = part.armed
      const end = readyTo(lane.stream, this.#take.tape, from, to)
      if (end <= from) continue
      before.set(lane, { ...part })
      let batch = batches.find((other) => other.from === from && other.ramp === part.ramp)
      if (!batch) {
        batch = { gate: new Gate(this.#context), from, ramp: part.ramp, sounding: new Set() }
        batches.push(batch)
        this.#batches.add(batch)
      }
      this.#armLane(batch, lane, { from, to: end })
      part.armed = end
      part.ramp = false
    }
    this.#closed = { batches, before }
  }

  open(): void {
    for (const { gate, from, ramp } of this.#closed.batches) gate.open(contextAt(this.#take, from), ramp)
    this.#closed = { batches: [], before: new Map() }
  }

  discard(): void {
    for (const batch of this.#closed.batches) {
      for (const { source } of batch.sounding) source.stop()
      this.#dispose(batch)
    }
    for (const [lane, part] of this.#closed.before) this.#parts.set(lane, part)
    this.#closed = { batches: [], before: new Map() }
  }

  stop(at: Frames, fading: (lane: VoiceLane) => boolean): void {
    const time = Math.max(this.#context.currentTime, at / this.#context.sampleRate)
    // The gates first: each ends all of its lanes by one event, should the thread be held up in what follows.
    for (const { gate, sounding } of this.#batches) {
      const fades = [...sounding].some(({ lane }) => fading(lane))
      gate.close(time * this.#context.sampleRate, fades)
    }
    for (const { sounding } of this.#batches) {
      for (const { lane, source } of sounding) source.stop(fading(lane) ? time + AFTER : time)
    }
  }

  /** Tape frames `span` of one lane, as sources behind the batch's gate. */
  #armLane(batch: Batch, lane: VoiceLane, span: Span): void {
    const way = batch.gate.leaf(lane.strip.input)
    for (const { at, span: song } of this.#take.tape.pieces(span.from, span.to)) {
      for (let from = song.from; from < song.to; ) {
        const chunk = lane.stream.store.at(from)
        if (!chunk) break
        const to = Math.min(chunk.span.to, song.to)
        const source = this.#start(chunk, { from, to }, at + from - song.from)
        source.connect(way)
        const sounding = { lane, source }
        batch.sounding.add(sounding)
        source.onended = () => {
          source.disconnect()
          batch.sounding.delete(sounding)
          if (batch.sounding.size === 0) this.#dispose(batch)
        }
        from = to
      }
    }
  }

  /** A part of a chunk as a source that sounds from tape frame `at` on. */
  #start(chunk: Chunk, song: Span, at: Frames): AudioBufferSourceNode {
    const source = this.#context.createBufferSource()
    source.buffer = chunk.buffer
    source.start(this.#time(at), (song.from - chunk.span.from) / this.#context.sampleRate)
    if (song.to < chunk.span.to) source.stop(this.#time(at + song.to - song.from))
    return source
  }

  #dispose(batch: Batch): void {
    batch.gate.dispose()
    this.#batches.delete(batch)
  }

  #time(tape: Frames): number {
    return contextAt(this.#take, tape) / this.#context.sampleRate
  }
}
