import { type Channel, type Decibels, type Frames, neutral, type Player, type Semitones, type StemName } from '@/audio'
import { channels, type Loop, type Marker, type MixState, stripOf } from './mix'

/** Changes of one control that come closer than this are one step to undo. */
const ONE_MOVE_MS = 700
const MOST_STEPS = 200

export const MAX_MARKERS = 200
const MIN_LOOP_S = 0.05

export interface DeskSnapshot {
  readonly mix: MixState
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/**
 * The mixing desk: what the listener set, with undo and redo, always carried over to the player.
 * The player's own state follows it and is never changed by anybody else.
 */
export class Desk {
  readonly player: Player
  readonly #listeners = new Set<() => void>()
  readonly #now: () => number
  #stems: readonly StemName[]
  #mix: MixState
  #past: MixState[] = []
  #future: MixState[] = []
  #lastMove: { control: string; at: number } | null = null
  #snapshot: DeskSnapshot

  constructor(player: Player, stems: readonly StemName[], mix: MixState, now: () => number = () => performance.now()) {
    this.player = player
    this.#stems = stems
    this.#mix = mix
    this.#now = now
    this.#snapshot = this.#taken()
    this.#apply(null)
  }

  readonly snapshot = (): DeskSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Which stems there are, after some have come. */
  setStems(stems: readonly StemName[]): void {
    this.#stems = stems
    this.player.setMix(channels(this.#mix, stems))
  }

  get stems(): readonly StemName[] {
    return this.#stems
  }

  /** Takes over a mix from elsewhere; nothing that was done before can be undone. */
  replace(mix: MixState): void {
    const before = this.#mix
    this.#past = []
    this.#future = []
    this.#lastMove = null
    this.#mix = mix
    this.#apply(before)
    this.#changed()
  }

  undo(): void {
    this.#travel(this.#past, this.#future)
  }

  redo(): void {
    this.#travel(this.#future, this.#past)
  }

  setGain(stem: StemName, gain: Decibels): void {
    this.#setStrip(stem, { gain }, `gain ${stem}`)
  }

  setPan(stem: StemName, pan: number): void {
    this.#setStrip(stem, { pan: Math.min(1, Math.max(-1, pan)) }, `pan ${stem}`)
  }

  setMuted(stem: StemName, muted: boolean): void {
    this.#setStrip(stem, { muted })
  }

  setSoloed(stem: StemName, soloed: boolean): void {
    this.#setStrip(stem, { soloed })
  }

  clearMutesAndSolos(): void {
    this.setStrips((_, strip) => ({ ...strip, muted: false, soloed: false }))
  }

  /** Gives every stem the strip that `made` makes of its present one. */
  setStrips(made: (stem: StemName, strip: Channel) => Channel): void {
    const strips = this.#stems.map((stem) => [stem, made(stem, stripOf(this.#mix, stem))] as const)
    this.#change({ strips: { ...this.#mix.strips, ...Object.fromEntries(strips) } })
  }

  setMaster(master: Decibels): void {
    this.#change({ master }, 'master')
  }

  setLimiter(limiter: boolean): void {
    this.#change({ limiter })
  }

  setTempo(tempo: number): void {
    this.#change({ tempo: Number(Math.min(2, Math.max(0.5, tempo)).toFixed(2)) }, 'tempo')
  }

  setPitch(pitch: Semitones): void {
    this.#change({ pitch: Math.min(12, Math.max(-12, pitch)) }, 'pitch')
  }

  /** Ends in the wrong order are put right; one that is too short becomes long enough. null: no loop. */
  setLoop(loop: Loop | null): void {
    if (!loop) {
      this.#change({ loop })
      return
    }
    const shortest = Math.ceil(MIN_LOOP_S * this.player.sampleRate)
    const inside = (frame: Frames) => Math.min(this.player.frames, Math.max(0, Math.round(frame)))
    const [from, to] = [inside(Math.min(loop.from, loop.to)), inside(Math.max(loop.from, loop.to))]
    const start = Math.max(0, Math.min(from, this.player.frames - shortest))
    const end = Math.min(this.player.frames, Math.max(to, start + shortest))
    if (end > start) this.#change({ loop: { from: start, to: end, on: loop.on } }, 'loop')
  }

  /** Sets one end at a frame; the other one moves out of the way. */
  setLoopStart(from: Frames): void {
    const { frames } = this.player
    const to = this.#mix.loop && this.#mix.loop.to > from ? this.#mix.loop.to : frames
    this.setLoop({ from, to, on: true })
  }

  setLoopEnd(to: Frames): void {
    const from = this.#mix.loop && this.#mix.loop.from < to ? this.#mix.loop.from : 0
    this.setLoop({ from, to, on: true })
  }

  /** Round in the loop or not; without one, round in the whole song. */
  toggleLoop(): void {
    const { loop } = this.#mix
    this.setLoop(loop ? { ...loop, on: !loop.on } : { from: 0, to: this.player.frames, on: true })
  }

  addMarker(frame: Frames): void {
    const { markers } = this.#mix
    if (markers.length >= MAX_MARKERS || markers.some((marker) => marker.frame === frame)) return
    this.#setMarkers([...markers, { frame, label: '' }])
  }

  nameMarker(frame: Frames, label: string): void {
    const named = this.#mix.markers.map((marker) => (marker.frame === frame ? { frame, label } : marker))
    this.#setMarkers(named, `name ${frame}`)
  }

  removeMarker(frame: Frames): void {
    this.#setMarkers(this.#mix.markers.filter((marker) => marker.frame !== frame))
  }

  #setMarkers(markers: readonly Marker[], control?: string): void {
    this.#change({ markers: [...markers].sort((a, b) => a.frame - b.frame) }, control)
  }

  #setStrip(stem: StemName, change: Partial<Channel>, control?: string): void {
    const strip = { ...(this.#mix.strips[stem] ?? neutral), ...change }
    this.#change({ strips: { ...this.#mix.strips, [stem]: strip } }, control)
  }

  /** control: names what is moved, for moves that go on; without one the change is a step of its own. */
  #change(change: Partial<MixState>, control?: string): void {
    const before = this.#mix
    const after = { ...before, ...change }
    if (JSON.stringify(after) === JSON.stringify(before)) return
    const at = this.#now()
    const goesOn = control !== undefined && this.#lastMove?.control === control && at - this.#lastMove.at < ONE_MOVE_MS
    if (!goesOn) this.#past = [...this.#past, before].slice(-MOST_STEPS)
    this.#lastMove = control === undefined ? null : { control, at }
    this.#future = []
    this.#mix = after
    this.#apply(before)
    this.#changed()
  }

  #travel(from: MixState[], to: MixState[]): void {
    const there = from.pop()
    if (!there) return
    const before = this.#mix
    to.push(before)
    this.#lastMove = null
    this.#mix = there
    this.#apply(before)
    this.#changed()
  }

  #apply(before: MixState | null): void {
    const { strips, master, limiter, tempo, pitch, loop } = this.#mix
    if (strips !== before?.strips) this.player.setMix(channels(this.#mix, this.#stems))
    if (master !== before?.master) this.player.setMaster(master)
    if (limiter !== before?.limiter) this.player.setLimiter(limiter)
    if (tempo !== before?.tempo) this.player.setTempo(tempo)
    if (pitch !== before?.pitch) this.player.setPitch(pitch)
    if (loop !== before?.loop) this.player.setLoop(loop?.on ? { from: loop.from, to: loop.to } : null)
  }

  #taken(): DeskSnapshot {
    return { mix: this.#mix, canUndo: this.#past.length > 0, canRedo: this.#future.length > 0 }
  }

  #changed(): void {
    this.#snapshot = this.#taken()
    for (const listener of this.#listeners) listener()
  }
}
