import type { Transport as State, Stretch } from '../player'
import { Prefetcher } from '../streaming/prefetcher'
import { type Anchor, contextFrameAt, songFrameAt, timelineFrameAt } from '../timeline/anchor'
import { earliestStart, earliestStop, isPast, outputFrame, START_LEAD } from '../timeline/clock'
import { Timeline } from '../timeline/timeline'
import type { Frames, Seconds, Semitones, Span } from '../units'
import {
  type ActiveVoice,
  armedToByAll,
  currentFrame,
  decodedToByAll,
  handOverLimit,
  hasSameTracks,
  isNeeded,
  soundingTracks,
  soundsWithin,
} from './activeVoice'
import { RAMP } from './fadeGate'
import type { StemTrack } from './stemTrack'
import { STRETCH_LEAD, StretchVoice } from './stretchVoice'
import { TrackSet } from './trackSet'
import { decodedTo } from './voice'
import { VoicePool } from './voicePool'

/** More sound is handed over to the audio thread whenever it has less than this: a page may be that busy. */
const RESERVE: Seconds = 2
/** A chunk that comes later than this before its time is late: all stems stop and start again together. */
const LATE: Seconds = 0.04
/** Decoded sound that playing starts with; after a late chunk more, so that it does not stutter. */
const START_RESERVE: Seconds = 0.15
const RESTART_RESERVE: Seconds = 1
/** Decoded sound that a stem needs before it joins others that play. */
const JOIN_RESERVE: Seconds = 1
const TICK: Seconds = 0.1

/** Plays tracks together: starts, stops, seeks and loops them at shared frames, and keeps the audio thread supplied. */
export class Transport {
  state: State = 'paused'
  loop: Span | null = null
  readonly #sampleRate: number
  readonly #frames: Frames
  readonly #prefetcher: Prefetcher
  readonly #pool: VoicePool
  readonly #tracks = new TrackSet()
  readonly #changed: () => void
  #context: BaseAudioContext | null = null
  /** The position while nothing sounds. */
  #restPosition: Frames = 0
  #startReserve: Seconds = START_RESERVE
  #active: ActiveVoice | null = null
  #formerAnchor: Anchor | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  /** changed: called when the state changes by itself. */
  constructor(sampleRate: number, frames: Frames, changed: () => void) {
    this.#sampleRate = sampleRate
    this.#frames = frames
    this.#prefetcher = new Prefetcher(sampleRate)
    this.#pool = new VoicePool(() => {
      this.pump()
      changed()
    })
    this.#changed = changed
  }

  /** Sets the tracks. Those that are no longer named are disposed of once they have stopped sounding. */
  setTracks(tracks: readonly StemTrack[]): void {
    this.#tracks.set(tracks, (track) => this.#active?.voice.has(track) ?? false)
    this.#pool.setTrackCount(tracks.length)
    this.#tracks.seek(this.position())
    this.pump()
  }

  /** Sets the context that play needs; the tracks' strips must be open in it. */
  setContext(context: BaseAudioContext): void {
    this.#context = context
    this.#pool.setContext(context)
  }

  get tempo(): number {
    return this.#pool.tempo
  }

  get pitch(): Semitones {
    return this.#pool.pitch
  }

  get stretch(): Stretch {
    return this.#pool.stretchState(this.#active?.voice ?? null)
  }

  /** Whether tempo or pitch were asked for and the stretcher could not be loaded. */
  get lacksStretch(): boolean {
    return this.#pool.stretchFailed
  }

  play(): void {
    if (this.state !== 'paused') return
    if (this.#restPosition >= this.#frames) this.#restAt(0)
    this.state = 'waiting'
    this.#startReserve = START_RESERVE
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
    this.#restAt(Math.min(this.#frames, Math.max(0, Math.round(to))))
    this.#startReserve = START_RESERVE
    if (this.state !== 'paused') this.state = this.#restPosition < this.#frames ? 'waiting' : 'paused'
    this.pump()
  }

  setLoop(loop: Span | null): void {
    this.loop = loop
    if (this.#active) this.#startVoice(this.#active)
    this.pump()
  }

  setTempoAndPitch(tempo: number, pitch: Semitones): void {
    this.#pool.setTempoAndPitch(tempo, pitch)
    const active = this.#active
    if (active && this.#context && active.voice instanceof StretchVoice && !this.#pool.isNeutral) {
      const at = earliestStart(this.#context, START_LEAD + active.voice.lead)
      const anchor = { ...active.anchor, at, from: timelineFrameAt(active.anchor, at), tempo }
      active.voice.retune(anchor, pitch)
      this.#formerAnchor = active.anchor
      this.#active = { anchor, voice: active.voice }
    }
    this.pump()
  }

  position(): Frames {
    if (!this.#active || !this.#context) return this.#restPosition
    const { anchor } = this.#active
    const frame = outputFrame(this.#context)
    return songFrameAt(frame < anchor.at && this.#formerAnchor ? this.#formerAnchor : anchor, frame)
  }

  /** Brings playing up to date: starts, goes on or stops, and fetches what is next. To be called after every change. */
  pump(): void {
    const before = this.state
    if (this.state === 'waiting') this.#tryStart()
    if (this.#active && !this.#pool.isSuitable(this.#active.voice)) this.#startVoice(this.#active)
    if (this.#active) this.#advance(this.#active)
    this.#prefetch()
    this.#setTimer()
    if (this.state !== before) this.#changed()
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#halt()
    this.state = 'paused'
    this.#tracks.dispose()
  }

  #prefetch(): void {
    const active = this.#active
    const anchor = active?.anchor
    const context = this.#context
    const course =
      anchor && context
        ? { timeline: anchor.timeline, at: Math.max(0, Math.floor(timelineFrameAt(anchor, currentFrame(context)))) }
        : { timeline: new Timeline(this.#restPosition, this.#frames, this.loop), at: 0 }
    const stems = this.#tracks.all.map((track) => ({ stream: track.stream, urgent: track.audible }))
    this.#prefetcher.fetchNext(stems, { ...course, playing: this.state !== 'paused' })
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    if (this.state === 'paused') return
    this.#timer = setTimeout(() => this.pump(), this.#untilNext() * 1000)
  }

  /** Returns the time until the next pump: a tick, or less when what is armed ends before. */
  #untilNext(): Seconds {
    if (!this.#active || !this.#context) return TICK
    const { anchor } = this.#active
    const left =
      contextFrameAt(anchor, armedToByAll(this.#active, this.#tracks.all, this.#context)) / this.#sampleRate -
      this.#context.currentTime
    return Math.min(TICK, Math.max(0.005, left - LATE - this.#active.voice.lead))
  }

  #tryStart(): void {
    const { current, playable } = this.#tracks
    if (current.length > 0 && playable.length === 0) this.state = 'paused'
    if (playable.length === 0 || !this.#context) return
    const timeline = new Timeline(this.#restPosition, this.#frames, this.loop)
    const enough = Math.min(this.#startReserve * this.#sampleRate, timeline.length)
    const late = ({ audible, stream }: StemTrack) => audible && decodedTo(stream, timeline, 0, enough) < enough
    if (playable.some(late)) return
    if (this.#startVoice(null)) this.state = 'playing'
  }

  /**
   * Starts all tracks at one context frame: from rest, or in step with the active voice and in its place. Returns
   * false when the pool has no voice yet.
   */
  #startVoice(old: ActiveVoice | null): boolean {
    const context = this.#context
    if (!context) return false
    for (let lead = START_LEAD; ; lead *= 2) {
      const at = earliestStart(context, lead + (this.#pool.isNeutral ? 0 : STRETCH_LEAD))
      const start = old ? songFrameAt(old.anchor, at) : this.#restPosition
      const anchor = { timeline: new Timeline(start, this.#frames, this.loop), at, from: 0, tempo: this.#pool.tempo }
      const voice = this.#pool.create(anchor)
      if (!voice) return false
      const active = { anchor, voice }
      const decoded = this.#tracks.playable.filter(({ stream }) => decodedTo(stream, anchor.timeline, 0, 1) > 0)
      // The same tracks go on where they were cut; with others the whole is faded over.
      const ramp = old
        ? !(old.voice.canJoin && voice.canJoin && hasSameTracks(soundingTracks(old, this.#tracks.all), decoded))
        : start > 0
      voice.add(decoded, 0, ramp)
      voice.arm(decodedToByAll(active, this.#tracks.all, handOverLimit(anchor, context)))
      if (!isPast(context, at - voice.lead * this.#sampleRate)) {
        voice.open()
        old?.voice.stop(at, ramp)
        this.#formerAnchor = old?.anchor ?? null
        this.#active = active
        this.#tracks.releaseReplaced()
        return true
      }
      voice.discard()
    }
  }

  #advance(active: ActiveVoice): void {
    const { anchor } = active
    const context = this.#context
    if (!context) return
    if (outputFrame(context) >= contextFrameAt(anchor, anchor.timeline.length)) this.#finish()
    else if (this.#tracks.playable.length === 0) this.pause()
    else {
      this.#removeLagging(context, active)
      const armedEnd = armedToByAll(active, this.#tracks.all, context)
      if (this.#armDecoded(context, active, armedEnd)) this.#joinWaiting(context, active)
      else this.#stopUntilDecoded(active, armedEnd)
    }
  }

  /** Hands over what has been decoded since. Returns false when it comes too late, so that nothing sounds from `armedEnd` on. */
  #armDecoded(context: BaseAudioContext, active: ActiveVoice, armedEnd: Frames): boolean {
    const { anchor, voice } = active
    if (armedEnd < anchor.timeline.length && soundsWithin(anchor, armedEnd, LATE + voice.lead, context)) return false
    if (!soundsWithin(anchor, armedEnd, RESERVE, context) || armedEnd >= anchor.timeline.length) return true
    const behind = soundingTracks(active, this.#tracks.all)
      .filter((track) => !isNeeded(track))
      .map((track) => [track, voice.armedTo(track)] as const)
    voice.arm(decodedToByAll(active, this.#tracks.all, handOverLimit(anchor, context)))
    // A stalled thread may have let the time of what was just armed go by.
    if (isPast(context, contextFrameAt(anchor, armedEnd) - voice.lead * this.#sampleRate)) {
      voice.discard()
      return false
    }
    voice.open()
    for (const [track, from] of behind) if (isPast(context, contextFrameAt(anchor, from))) voice.remove(track)
    return true
  }

  /** Lets decoded tracks join those that sound, frame for frame. */
  #joinWaiting(context: BaseAudioContext, active: ActiveVoice): void {
    const armedEnd = armedToByAll(active, this.#tracks.all, context)
    const { anchor, voice } = active
    const waiting = this.#tracks.playable.filter((track) => !voice.has(track))
    const from = Math.ceil(timelineFrameAt(anchor, earliestStart(context)))
    const decoded = waiting.filter(({ stream }) => {
      const enough = Math.max(armedEnd, Math.min(anchor.timeline.length, from + JOIN_RESERVE * this.#sampleRate))
      return from < enough && decodedTo(stream, anchor.timeline, from, enough) >= enough
    })
    if (this.#tracks.hasReplaced) {
      if (waiting.every((track) => decoded.includes(track) || !track.audible)) this.#startVoice(active)
    } else if (voice.canJoin) {
      for (const track of decoded) this.#join(active, track)
    } else if (decoded.length > 0) this.#startVoice(active)
  }

  #join({ anchor, voice }: ActiveVoice, track: StemTrack): void {
    const context = this.#context
    if (!context) return
    const armedEnd = armedToByAll({ anchor, voice }, this.#tracks.all, context)
    for (let lead = START_LEAD; lead < JOIN_RESERVE; lead *= 2) {
      const at = earliestStart(context, lead)
      voice.add([track], timelineFrameAt(anchor, at), true)
      voice.arm(armedEnd)
      if (!isPast(context, at)) {
        voice.open()
        return
      }
      voice.discard()
      voice.remove(track)
    }
  }

  /** Takes out inaudible tracks that fell behind; they join again. */
  #removeLagging(context: BaseAudioContext, active: ActiveVoice): void {
    const { anchor, voice } = active
    for (const track of soundingTracks(active, this.#tracks.all)) {
      const armed = voice.armedTo(track)
      if (!isNeeded(track) && armed < anchor.timeline.length && soundsWithin(anchor, armed, LATE, context))
        voice.remove(track)
    }
  }

  /** Stops all tracks at one frame because a chunk is late; they go on from there together. */
  #stopUntilDecoded({ anchor, voice }: ActiveVoice, armedEnd: Frames): void {
    voice.stop(contextFrameAt(anchor, armedEnd) - RAMP * this.#sampleRate, true)
    this.#active = null
    this.#tracks.releaseReplaced()
    this.#restAt(anchor.timeline.songFrameAt(armedEnd))
    this.#startReserve = RESTART_RESERVE
    this.state = 'waiting'
  }

  #finish(): void {
    this.#halt()
    this.#restAt(this.#frames)
    this.state = 'paused'
  }

  #halt(): void {
    this.#restPosition = this.position()
    if (this.#active && this.#context) this.#active.voice.stop(earliestStop(this.#context), true)
    this.#active = null
    this.#formerAnchor = null
    this.#tracks.releaseReplaced()
  }

  #restAt(at: Frames): void {
    this.#restPosition = at
    this.#tracks.seek(at)
  }
}
