import type { StretchNode } from 'signalsmith-stretch'
import { type Anchor, timelineFrameAt } from '../timeline/anchor'
import type { Frames, Seconds, Semitones } from '../units'
import { FadeGate } from './fadeGate'
import { copyTimeline } from './loopedPcm'
import { StemRouter } from './stemRouter'
import type { Stretcher } from './stretcher'
import { decodedTo, type Voice, type VoiceTrack } from './voice'

/** The stretcher must know of a change, and have the sound around it, this long before: its blocks are that long. */
export const STRETCH_LEAD: Seconds = 0.25
/** The stretcher still reads sound this far behind the position. */
const BEHIND: Seconds = 0.5

/** Plays the timeline faster, slower, higher or lower: one node for all stems, which keeps them in phase. */
export class StretchVoice implements Voice {
  readonly lead = STRETCH_LEAD - 0.1
  readonly canJoin = false
  readonly #context: BaseAudioContext
  readonly #stretcher: Stretcher
  readonly #node: StretchNode
  readonly #channels: number
  readonly #gate: FadeGate
  #anchor: Anchor
  #pitch: Semitones
  #tracks: readonly VoiceTrack[] = []
  #router: StemRouter | null = null
  #armed: Frames = 0
  #ramp = false
  #opened = false
  #delivery: Promise<unknown> = Promise.resolve()

  /** lease: a node that the stretcher gave out for so many channels; it goes back after `stop`. */
  constructor(
    context: BaseAudioContext,
    anchor: Anchor,
    pitch: Semitones,
    lease: { stretcher: Stretcher; node: StretchNode; channels: number },
  ) {
    this.#context = context
    this.#anchor = anchor
    this.#pitch = pitch
    this.#stretcher = lease.stretcher
    this.#node = lease.node
    this.#channels = lease.channels
    this.#gate = new FadeGate(context)
  }

  has(track: VoiceTrack): boolean {
    return this.#tracks.includes(track)
  }

  add(tracks: readonly VoiceTrack[], from: Frames, ramp: boolean): void {
    this.#tracks = tracks.slice(0, this.#channels / 2)
    this.#armed = from
    this.#ramp = ramp
    this.#router = new StemRouter(this.#context, this.#tracks)
    this.#node.connect(this.#gate.node).connect(this.#router.input)
  }

  remove(track: VoiceTrack): void {
    this.#router?.remove(track)
    this.#tracks = this.#tracks.filter((other) => other !== track)
  }

  armedTo(): Frames {
    return this.#armed
  }

  arm(to: Frames): void {
    const { timeline } = this.#anchor
    if (to <= this.#armed) return
    const span = { from: this.#armed, to }
    const channels = Array.from({ length: this.#channels }, () => new Float32Array(to - span.from))
    for (const [number, { stream }] of this.#tracks.entries()) {
      const [left, right] = channels.slice(2 * number, 2 * number + 2)
      if (left && right && decodedTo(stream, timeline, span.from, to) >= to)
        copyTimeline(stream.store, timeline, span, [left, right])
    }
    this.#delivery = this.#node.addBuffers(
      channels,
      channels.map(({ buffer }) => buffer),
    )
    this.#armed = to
    const now = timelineFrameAt(this.#anchor, this.#context.currentTime * this.#context.sampleRate)
    void this.#node.dropBuffers(Math.max(0, now / this.#context.sampleRate - BEHIND))
  }

  open(): void {
    if (this.#opened) return
    this.#opened = true
    this.#schedule()
    this.#gate.open(this.#anchor.at, this.#ramp)
  }

  /** Resolves once the stretcher has all that was handed to it. */
  async whenDelivered(): Promise<void> {
    await this.#delivery
  }

  /** Changes tempo and pitch from an anchor on that continues the same timeline. */
  retune(anchor: Anchor, pitch: Semitones): void {
    this.#anchor = anchor
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
    const { at, from, tempo } = this.#anchor
    const rate = this.#context.sampleRate
    const time = at / rate
    const change = { input: from / rate, rate: tempo, semitones: this.#pitch, active: true }
    this.#delivery = this.#node.schedule({ outputTime: time, output: time, ...change })
  }

  #dispose(): void {
    if (!this.#router) return
    this.#router.dispose()
    this.#router = null
    this.#node.disconnect()
    this.#gate.node.disconnect()
    const time = this.#context.currentTime
    void this.#node.schedule({ outputTime: time, output: time, active: false, input: 0 })
    this.#stretcher.release(this.#channels, this.#node)
  }
}
