import type { Transport as State, Stretch } from '../player'
import { Supply } from '../streaming/prefetcher'
import { contextAt, songAt, type Take, tapeAt } from '../timeline/anchor'
import { heardFrame, isPast, LEAD, sharedStart, sharedStop } from '../timeline/clock'
import { Tape } from '../timeline/timeline'
import type { Frames, Seconds, Semitones, Span } from '../units'
import { RAMP } from './fadeGate'
import { armedTo, horizon, isNeeded, isSame, now, playing, type Running, ready, soundsWithin } from './rampState'
import type { Lane } from './stemTrack'
import { STRETCH_LEAD, StretchVoice } from './stretchVoice'
import { readyTo } from './voice'
import { Voices } from './voicePool'

/** Sound is handed over to the audio thread whenever less than this is there: a page may be that busy. */
const RESERVE: Seconds = 2
/** A chunk that comes later than this before its time is late: all stems stop and start again together. */
const MARGIN: Seconds = 0.04
/** Decoded sound with which playing begins; after a late chunk more, so that it does not stutter. */
const ENOUGH: Seconds = 0.15
const ENOUGH_AGAIN: Seconds = 1
/** Decoded sound with which a stem falls in with others that play. */
const JOIN: Seconds = 1
const TICK: Seconds = 0.1

/** Plays lanes together: begins, stops, seeks, loops, and keeps the audio thread supplied. */
export class Transport {
  state: State = 'paused'
  loop: Span | null = null
  readonly #sampleRate: number
  readonly #frames: Frames
  readonly #supply: Supply
  readonly #voices: Voices
  readonly #changed: () => void
  #context: BaseAudioContext | null = null
  #lanes: readonly Lane[] = []
  /** Lanes that were replaced and sound until the new ones can. */
  #leaving: readonly Lane[] = []
  /** Where the song stands while nothing sounds. */
  #resting: Frames = 0
  #enough: Seconds = ENOUGH
  #running: Running | null = null
  #before: Take | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  /** changed: called when the state changes by itself. */
  constructor(sampleRate: number, frames: Frames, changed: () => void) {
    this.#sampleRate = sampleRate
    this.#frames = frames
    this.#supply = new Supply(sampleRate)
    this.#voices = new Voices(() => {
      this.pump()
      changed()
    })
    this.#changed = changed
  }

  /** Sets the lanes. Those that go are disposed of once nobody hears them. */
  setLanes(lanes: readonly Lane[]): void {
    const gone = [...this.#lanes, ...this.#leaving].filter((lane) => !lanes.includes(lane))
    this.#lanes = lanes
    this.#voices.expect(lanes.length)
    const voice = this.#running?.voice
    this.#leaving = gone.filter((lane) => voice?.has(lane))
    for (const lane of gone) if (!voice?.has(lane)) lane.dispose()
    for (const lane of lanes) lane.stream.seek(this.position())
    this.pump()
  }

  /** The context that play needs; the lanes' strips are open in it. */
  setContext(context: BaseAudioContext): void {
    this.#context = context
    this.#voices.open(context)
  }

  get tempo(): number {
    return this.#voices.tempo
  }

  get pitch(): Semitones {
    return this.#voices.pitch
  }

  get stretch(): Stretch {
    return this.#voices.state(this.#running?.voice ?? null)
  }

  /** Tempo and pitch were asked for and can't be had. */
  get lacksStretch(): boolean {
    return this.#voices.failed
  }

  play(): void {
    if (this.state !== 'paused') return
    if (this.#resting >= this.#frames) this.#rest(0)
    this.state = 'waiting'
    this.#enough = ENOUGH
    this.pump()
  }

  pause(): void {
    if (this.state === 'paused') return
    this.#halt()
    this.state = 'paused'
    this.pump()
  }

  seek(to: Frames): void {
    this.#halt()
    this.#rest(Math.min(this.#frames, Math.max(0, Math.round(to))))
    this.#enough = ENOUGH
    if (this.state !== 'paused') this.state = this.#resting < this.#frames ? 'waiting' : 'paused'
    this.pump()
  }

  setLoop(loop: Span | null): void {
    this.loop = loop
    if (this.#running) this.#begin(this.#running)
    this.pump()
  }

  tune(tempo: number, pitch: Semitones): void {
    this.#voices.tune(tempo, pitch)
    const running = this.#running
    if (running && this.#context && running.voice instanceof StretchVoice && !this.#voices.isNeutral) {
      const at = sharedStart(this.#context, LEAD + running.voice.lead)
      const take = { ...running.take, at, from: tapeAt(running.take, at), tempo }
      running.voice.retune(take, pitch)
      this.#before = running.take
      this.#running = { take, voice: running.voice }
    }
    this.pump()
  }

  position(): Frames {
    if (!this.#running || !this.#context) return this.#resting
    const { take } = this.#running
    const heard = heardFrame(this.#context)
    return songAt(heard < take.at && this.#before ? this.#before : take, heard)
  }

  /** Whether a lane is among what sounds. */
  sounds(lane: Lane): boolean {
    return this.#running?.voice.has(lane) ?? false
  }

  /** To be called whenever something has come or changed: starts, goes on, or stops, and fetches what is next. */
  pump(): void {
    const before = this.state
    if (this.state === 'waiting') this.#tryStart()
    if (this.#running && !this.#voices.fits(this.#running.voice)) this.#begin(this.#running)
    if (this.#running) this.#advance(this.#running)
    this.#fetch()
    this.#setTimer()
    if (this.state !== before) this.#changed()
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#halt()
    this.state = 'paused'
    this.#drop(this.#lanes)
    this.#lanes = []
  }

  #fetch(): void {
    const running = this.#running
    const take = running?.take
    const context = this.#context
    const course =
      take && context
        ? { tape: take.tape, at: Math.max(0, Math.floor(tapeAt(take, now(context)))) }
        : { tape: new Tape(this.#resting, this.#frames, this.loop), at: 0 }
    const supplied = [...this.#lanes, ...this.#leaving].map((lane) => ({ stream: lane.stream, urgent: lane.audible }))
    this.#supply.pump(supplied, { ...course, playing: this.state !== 'paused' })
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    if (this.state === 'paused') return
    this.#timer = setTimeout(() => this.pump(), this.#untilNext() * 1000)
  }

  /** A tick, or less when what is armed ends before. */
  #untilNext(): Seconds {
    if (!this.#running || !this.#context) return TICK
    const { take } = this.#running
    const left =
      contextAt(take, armedTo(this.#running, this.#all, this.#context)) / this.#sampleRate - this.#context.currentTime
    return Math.min(TICK, Math.max(0.005, left - MARGIN - this.#running.voice.lead))
  }

  #tryStart(): void {
    const alive = this.#lanes.filter(({ stream }) => !stream.failure)
    if (this.#lanes.length > 0 && alive.length === 0) this.state = 'paused'
    if (alive.length === 0 || !this.#context) return
    const tape = new Tape(this.#resting, this.#frames, this.loop)
    const enough = Math.min(this.#enough * this.#sampleRate, tape.length)
    const late = ({ audible, stream }: Lane) => audible && readyTo(stream, tape, 0, enough) < enough
    if (alive.some(late)) return
    if (this.#begin(null)) this.state = 'playing'
  }

  /**
   * Starts all lanes at one context frame: at rest, or in step with what runs and in its place. False when the voice
   * is not there yet.
   */
  #begin(old: Running | null): boolean {
    const context = this.#context
    if (!context) return false
    for (let lead = LEAD; ; lead *= 2) {
      const at = sharedStart(context, lead + (this.#voices.isNeutral ? 0 : STRETCH_LEAD))
      const start = old ? songAt(old.take, at) : this.#resting
      const take = { tape: new Tape(start, this.#frames, this.loop), at, from: 0, tempo: this.#voices.tempo }
      const voice = this.#voices.create(take)
      if (!voice) return false
      const running = { take, voice }
      const there = this.#lanes.filter(({ stream }) => !stream.failure && readyTo(stream, take.tape, 0, 1) > 0)
      // The same lanes go on where they were cut; with others the whole is faded over.
      const ramp = old ? !(old.voice.joins && voice.joins && isSame(playing(old, this.#all), there)) : start > 0
      voice.add(there, 0, ramp)
      voice.arm(ready(running, this.#all, horizon(take, context)))
      if (!isPast(context, at - voice.lead * this.#sampleRate)) {
        voice.open()
        old?.voice.stop(at, ramp)
        this.#before = old?.take ?? null
        this.#running = running
        this.#releaseLeaving()
        return true
      }
      voice.discard()
    }
  }

  #advance(running: Running): void {
    const { take } = running
    const context = this.#context
    if (!context) return
    if (heardFrame(context) >= contextAt(take, take.tape.length)) this.#finish()
    else if (this.#lanes.every(({ stream }) => stream.failure)) this.pause()
    else {
      this.#dropFallen(context, running)
      const common = armedTo(running, this.#all, context)
      if (this.#armMore(context, running, common)) this.#joinAll(context, running)
      else this.#runOut(running, common)
    }
  }

  /** Hands over what has been decoded since; false when it comes too late, so that nothing sounds from `common` on. */
  #armMore(context: BaseAudioContext, running: Running, common: Frames): boolean {
    const { take, voice } = running
    if (common < take.tape.length && soundsWithin(take, common, MARGIN + voice.lead, context)) return false
    if (!soundsWithin(take, common, RESERVE, context) || common >= take.tape.length) return true
    const behind = playing(running, this.#all)
      .filter((lane) => !isNeeded(lane))
      .map((lane) => [lane, voice.armed(lane)] as const)
    voice.arm(ready(running, this.#all, horizon(take, context)))
    // A stalled thread may have let the time of what was just armed go by.
    if (isPast(context, contextAt(take, common) - voice.lead * this.#sampleRate)) {
      voice.discard()
      return false
    }
    voice.open()
    for (const [lane, from] of behind) if (isPast(context, contextAt(take, from))) voice.remove(lane)
    return true
  }

  /** Lets lanes that are there fall in with the others, frame for frame. */
  #joinAll(context: BaseAudioContext, running: Running): void {
    const common = armedTo(running, this.#all, context)
    const { take, voice } = running
    const waiting = this.#lanes.filter((lane) => !voice.has(lane) && !lane.stream.failure)
    const from = Math.ceil(tapeAt(take, sharedStart(context)))
    const there = waiting.filter(({ stream }) => {
      const enough = Math.max(common, Math.min(take.tape.length, from + JOIN * this.#sampleRate))
      return from < enough && readyTo(stream, take.tape, from, enough) >= enough
    })
    if (this.#leaving.length > 0) {
      if (waiting.every((lane) => there.includes(lane) || !lane.audible)) this.#begin(running)
    } else if (voice.joins) {
      for (const lane of there) this.#join(running, lane)
    } else if (there.length > 0) this.#begin(running)
  }

  #join({ take, voice }: Running, lane: Lane): void {
    const context = this.#context
    if (!context) return
    const common = armedTo({ take, voice }, this.#all, context)
    for (let lead = LEAD; lead < JOIN; lead *= 2) {
      const at = sharedStart(context, lead)
      voice.add([lane], tapeAt(take, at), true)
      voice.arm(common)
      if (!isPast(context, at)) {
        voice.open()
        return
      }
      voice.discard()
      voice.remove(lane)
    }
  }

  /** Takes out lanes that fell behind without anybody hearing it; they join again. */
  #dropFallen(context: BaseAudioContext, running: Running): void {
    const { take, voice } = running
    for (const lane of playing(running, this.#all)) {
      const armed = voice.armed(lane)
      if (!isNeeded(lane) && armed < take.tape.length && soundsWithin(take, armed, MARGIN, context)) voice.remove(lane)
    }
  }

  /** A chunk did not come in time: all lanes have ended, or end, at one frame, and go on from there together. */
  #runOut({ take, voice }: Running, common: Frames): void {
    voice.stop(contextAt(take, common) - RAMP * this.#sampleRate, true)
    this.#running = null
    this.#releaseLeaving()
    this.#rest(take.tape.songAt(common))
    this.#enough = ENOUGH_AGAIN
    this.state = 'waiting'
  }

  #finish(): void {
    this.#halt()
    this.#rest(this.#frames)
    this.state = 'paused'
  }

  #halt(): void {
    this.#resting = this.position()
    if (this.#running && this.#context) this.#running.voice.stop(sharedStop(this.#context), true)
    this.#running = null
    this.#before = null
    this.#releaseLeaving()
  }

  #rest(at: Frames): void {
    this.#resting = at
    for (const { stream } of this.#lanes) stream.seek(at)
  }

  #releaseLeaving(): void {
    const gone = this.#leaving
    this.#leaving = []
    // They may still be fading out.
    if (gone.length > 0) setTimeout(() => this.#drop(gone), 500)
  }

  #drop(lanes: readonly Lane[]): void {
    for (const lane of lanes) lane.dispose()
  }

  /** Everything that may sound: the lanes, and those that they replace. */
  get #all(): readonly Lane[] {
    return [...this.#lanes, ...this.#leaving]
  }
}
