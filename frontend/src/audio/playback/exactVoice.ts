import { contextAt, type Take } from '../timeline/anchor'
import type { Frames, Seconds, Span } from '../units'
import { Gate, RAMP } from './fadeGate'
import { copyTape } from './loopedPcm'
import { Fan, MOST_LANES } from './stemRouter'
import { readyTo, type Voice, type VoiceLane } from './voice'

/** A source ends this long after its gate has shut. */
const AFTER: Seconds = 0.02

interface Part {
  armed: Frames
  /** Whether what is armed next begins with a ramp. */
  ramp: boolean
}

/** A stretch of tape that several lanes play, as one source: none of them can be heard earlier or later than another. */
interface Batch {
  readonly lanes: readonly VoiceLane[]
  readonly span: Span
  readonly ramp: boolean
  readonly source: AudioBufferSourceNode
  readonly gate: Gate
  readonly fan: Fan
}

/** Plays samples untouched: stretches of the tape start one after the other at whole frames of the context. */
export class ExactVoice implements Voice {
  readonly lead = 0
  readonly joins = true
  readonly #context: BaseAudioContext
  readonly #take: Take
  readonly #parts = new Map<VoiceLane, Part>()
  readonly #batches = new Set<Batch>()
  /** Armed and not yet opened. */
  #closed: readonly Batch[] = []

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
    for (const { fan } of this.#batches) fan.remove(lane)
  }

  armed(lane: VoiceLane): Frames {
    return this.#parts.get(lane)?.armed ?? 0
  }

  arm(to: Frames): void {
    const batches: Batch[] = []
    const before = [...this.#parts].filter(([lane, { armed }]) => {
      return armed < to && readyTo(lane.stream, this.#take.tape, armed, to) >= to
    })
    for (const group of together(before)) {
      const batch = this.#batch(group.lanes, { from: group.armed, to }, group.ramp)
      batches.push(batch)
      this.#batches.add(batch)
      for (const lane of group.lanes) this.#parts.set(lane, { armed: to, ramp: false })
    }
    this.#closed = batches
  }

  open(): void {
    for (const { gate, span, ramp } of this.#closed) gate.open(contextAt(this.#take, span.from), ramp)
    this.#closed = []
  }

  discard(): void {
    for (const batch of this.#closed) {
      batch.source.stop()
      this.#dispose(batch)
      for (const lane of batch.lanes) this.#parts.set(lane, { armed: batch.span.from, ramp: batch.ramp })
    }
    this.#closed = []
  }

  stop(at: Frames, ramp: boolean): void {
    const frame = Math.max(this.#context.currentTime * this.#context.sampleRate, at)
    for (const { gate, source } of this.#batches) {
      gate.close(frame, ramp)
      source.stop(frame / this.#context.sampleRate + RAMP + AFTER)
    }
  }

  #batch(lanes: readonly VoiceLane[], span: Span, ramp: boolean): Batch {
    const context = this.#context
    const buffer = context.createBuffer(2 * lanes.length, span.to - span.from, context.sampleRate)
    for (const [number, { stream }] of lanes.entries()) {
      const sides = [buffer.getChannelData(2 * number), buffer.getChannelData(2 * number + 1)] as const
      copyTape(stream.store, this.#take.tape, span, sides)
    }
    const source = context.createBufferSource()
    const gate = new Gate(context)
    const fan = new Fan(context, lanes)
    source.buffer = buffer
    source.connect(gate.node).connect(fan.input)
    source.start(contextAt(this.#take, span.from) / context.sampleRate)
    const batch = { lanes, span, ramp, source, gate, fan }
    source.onended = () => this.#dispose(batch)
    return batch
  }

  #dispose(batch: Batch): void {
    batch.source.disconnect()
    batch.gate.node.disconnect()
    batch.fan.dispose()
    this.#batches.delete(batch)
  }
}

/** Lanes that go on from the same frame in the same way, as many as one source can hold. */
function together(parts: readonly (readonly [VoiceLane, Part])[]): (Part & { lanes: VoiceLane[] })[] {
  const groups: (Part & { lanes: VoiceLane[] })[] = []
  for (const [lane, { armed, ramp }] of parts) {
    const group = groups.find(
      (other) => other.armed === armed && other.ramp === ramp && other.lanes.length < MOST_LANES,
    )
    if (group) group.lanes.push(lane)
    else groups.push({ armed, ramp, lanes: [lane] })
  }
  return groups
}
