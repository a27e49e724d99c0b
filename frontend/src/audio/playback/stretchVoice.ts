import type { StretchNode } from 'signalsmith-stretch'
import { type Take, tapeAt } from '../timeline/anchor'
import type { Frames, Seconds, Semitones } from '../units'
import { Gate } from './fadeGate'
import { copyTape } from './loopedPcm'
import { Fan } from './stemRouter'
import type { Stretcher } from './stretcher'
import { readyTo, type Voice, type VoiceLane } from './voice'

/** The stretcher must know of a change, and have the sound around it, this long before: its blocks are that long. */
export const STRETCH_LEAD: Seconds = 0.25
/** Sound behind the position that it still looks at. */
const BEHIND: Seconds = 0.5

/** Plays the tape faster, slower, higher or lower: one node for all stems, which keeps them in phase. */
export class StretchVoice implements Voice {
  readonly lead = STRETCH_LEAD - 0.1
  readonly joins = false
  readonly #context: BaseAudioContext
  readonly #stretcher: Stretcher
  readonly #node: StretchNode
  readonly #channels: number
  readonly #gate: Gate
  #take: Take
  #pitch: Semitones
  #lanes: readonly VoiceLane[] = []
  #fan: Fan | null = null
  #armed: Frames = 0
  #ramp = false
  #opened = false
  #told: Promise<unknown> = Promise.resolve()

  /** node: of the stretcher's, for so many channels. */
  constructor(
    context: BaseAudioContext,
    take: Take,
    pitch: Semitones,
    lease: { stretcher: Stretcher; node: StretchNode; channels: number },
  ) {
    this.#context = context
    this.#take = take
    this.#pitch = pitch
    this.#stretcher = lease.stretcher
    this.#node = lease.node
    this.#channels = lease.channels
    this.#gate = new Gate(context)
  }

  has(lane: VoiceLane): boolean {
    return this.#lanes.includes(lane)
  }

  add(lanes: readonly VoiceLane[], from: Frames, ramp: boolean): void {
    this.#lanes = lanes.slice(0, this.#channels / 2)
    this.#armed = from
    this.#ramp = ramp
    this.#fan = new Fan(this.#context, this.#lanes)
    this.#node.connect(this.#gate.node).connect(this.#fan.input)
  }

  remove(lane: VoiceLane): void {
    this.#fan?.remove(lane)
    this.#lanes = this.#lanes.filter((other) => other !== lane)
  }

  armed(): Frames {
    return this.#armed
  }

  arm(to: Frames): void {
    const { tape } = this.#take
    if (to <= this.#armed) return
    const span = { from: this.#armed, to }
    const channels = Array.from({ length: this.#channels }, () => new Float32Array(to - span.from))
    for (const [number, { stream }] of this.#lanes.entries()) {
      const [left, right] = channels.slice(2 * number, 2 * number + 2)
      if (left && right && readyTo(stream, tape, span.from, to) >= to) copyTape(stream.store, tape, span, [left, right])
    }
    this.#told = this.#node.addBuffers(
      channels,
      channels.map(({ buffer }) => buffer),
    )
    this.#armed = to
    const now = tapeAt(this.#take, this.#context.currentTime * this.#context.sampleRate)
    void this.#node.dropBuffers(Math.max(0, now / this.#context.sampleRate - BEHIND))
  }

  open(): void {
    if (this.#opened) return
    this.#opened = true
    this.#schedule()
    this.#gate.open(this.#take.at, this.#ramp)
  }

  /** Kept once the stretcher has all that was handed to it. */
  async told(): Promise<void> {
    await this.#told
  }

  /** Tempo and pitch from a take on that goes on with the same tape. */
  retune(take: Take, pitch: Semitones): void {
    this.#take = take
    this.#pitch = pitch
    this.#schedule()
  }

  discard(): void {
    if (!this.#opened) this.#dispose()
  }

  stop(at: Frames, ramp: boolean): void {
    const frame = Math.max(this.#context.currentTime * this.#context.sampleRate, at)
    this.#gate.close(frame, ramp)
    const left = frame / this.#context.sampleRate - this.#context.currentTime
    setTimeout(() => this.#dispose(), (left + 0.1) * 1000)
  }

  #schedule(): void {
    const { at, from, tempo } = this.#take
    const rate = this.#context.sampleRate
    const time = at / rate
    const change = { input: from / rate, rate: tempo, semitones: this.#pitch, active: true }
    this.#told = this.#node.schedule({ outputTime: time, output: time, ...change })
  }

  #dispose(): void {
    if (!this.#fan) return
    this.#fan.dispose()
    this.#fan = null
    this.#node.disconnect()
    this.#gate.node.disconnect()
    const time = this.#context.currentTime
    void this.#node.schedule({ outputTime: time, output: time, active: false, input: 0 })
    this.#stretcher.release(this.#channels, this.#node)
  }
}
