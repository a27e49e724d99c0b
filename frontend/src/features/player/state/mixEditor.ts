import {
  type Channel,
  clampLoop,
  clampPan,
  clampPitch,
  clampTempo,
  type Decibels,
  type Frames,
  neutral,
  type Pan,
  type Player,
  type Semitones,
  type StemName,
} from '@/audio'
import { channelsOf, isSameMix, type Loop, type Marker, type MixState, stripOf } from './mix'

/** Changes of one control that come closer than this are one step to undo. */
const ONE_MOVE_MS = 700
const MOST_STEPS = 200

const MAX_MARKERS = 200

export interface MixEditorSnapshot {
  readonly mix: MixState
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/**
 * Edits the mix that the listener sets, with undo and redo, and applies each change to the player. Nobody else changes
 * the player's mix.
 */
export class MixEditor {
  readonly player: Player
  readonly #listeners = new Set<() => void>()
  readonly #now: () => number
  #stems: readonly StemName[]
  #mix: MixState
  #past: MixState[] = []
  #future: MixState[] = []
  #lastMove: { control: string; at: number } | null = null
  #snapshot: MixEditorSnapshot

  constructor(player: Player, stems: readonly StemName[], mix: MixState, now: () => number = () => performance.now()) {
    this.player = player
    this.#stems = stems
    this.#mix = mix
    this.#now = now
    this.#snapshot = this.#createSnapshot()
    this.#applyToPlayer(null)
  }

  readonly snapshot = (): MixEditorSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sets which stems there are, after new ones have been loaded. */
  setStems(stems: readonly StemName[]): void {
    this.#stems = stems
    this.player.setMix(channelsOf(this.#mix, stems))
  }

  get stems(): readonly StemName[] {
    return this.#stems
  }

  /** Replaces the mix by one from elsewhere, and forgets the history. */
  replace(mix: MixState): void {
    const before = this.#mix
    this.#past = []
    this.#future = []
    this.#lastMove = null
    this.#mix = mix
    this.#applyToPlayer(before)
    this.#notify()
  }

  undo(): void {
    this.#restore(this.#past, this.#future)
  }

  redo(): void {
    this.#restore(this.#future, this.#past)
  }

  setGain(stem: StemName, gain: Decibels): void {
    this.#setStrip(stem, { gain }, `gain ${stem}`)
  }

  setPan(stem: StemName, pan: Pan): void {
    this.#setStrip(stem, { pan: clampPan(pan) }, `pan ${stem}`)
  }

  setMuted(stem: StemName, muted: boolean): void {
    this.#setStrip(stem, { muted })
  }

  setSoloed(stem: StemName, soloed: boolean): void {
    this.#setStrip(stem, { soloed })
  }

  clearMutesAndSolos(): void {
    this.changeStrips((_, strip) => ({ ...strip, muted: false, soloed: false }))
  }

  /** Gives every stem the strip that `change` makes of its present one. */
  changeStrips(change: (stem: StemName, strip: Channel) => Channel): void {
    const strips = this.#stems.map((stem) => [stem, change(stem, stripOf(this.#mix, stem))] as const)
    this.#change({ strips: { ...this.#mix.strips, ...Object.fromEntries(strips) } })
  }

  setMaster(master: Decibels): void {
    this.#change({ master }, 'master')
  }

  setLimiter(limiter: boolean): void {
    this.#change({ limiter })
  }

  setTempo(tempo: number): void {
    this.#change({ tempo: Number(clampTempo(tempo).toFixed(2)) }, 'tempo')
  }

  setPitch(pitch: Semitones): void {
    this.#change({ pitch: clampPitch(pitch) }, 'pitch')
  }

  /** Sets the loop, clamped by `clampLoop`. null: no loop. */
  setLoop(loop: Loop | null): void {
    if (!loop) {
      this.#change({ loop })
      return
    }
    const span = clampLoop(loop, this.player.frames, this.player.sampleRate)
    if (span) this.#change({ loop: { ...span, on: loop.on } }, 'loop')
  }

  /** Starts the loop at a frame; an end before it moves to the song's end. */
  setLoopStart(from: Frames): void {
    const { frames } = this.player
    const to = this.#mix.loop && this.#mix.loop.to > from ? this.#mix.loop.to : frames
    this.setLoop({ from, to, on: true })
  }

  /** Ends the loop at a frame; a start after it moves to the song's start. */
  setLoopEnd(to: Frames): void {
    const from = this.#mix.loop && this.#mix.loop.from < to ? this.#mix.loop.from : 0
    this.setLoop({ from, to, on: true })
  }

  /** Switches looping on or off; without a loop, the whole song becomes one. */
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

  /** Makes a change and a step to undo. control: what is moved; quick changes of one control are one step. */
  #change(change: Partial<MixState>, control?: string): void {
    const before = this.#mix
    const after = { ...before, ...change }
    if (isSameMix(after, before)) return
    const at = this.#now()
    const continuesMove =
      control !== undefined && this.#lastMove?.control === control && at - this.#lastMove.at < ONE_MOVE_MS
    if (!continuesMove) this.#past = [...this.#past, before].slice(-MOST_STEPS)
    this.#lastMove = control === undefined ? null : { control, at }
    this.#future = []
    this.#mix = after
    this.#applyToPlayer(before)
    this.#notify()
  }

  #restore(from: MixState[], to: MixState[]): void {
    const restored = from.pop()
    if (!restored) return
    const before = this.#mix
    to.push(before)
    this.#lastMove = null
    this.#mix = restored
    this.#applyToPlayer(before)
    this.#notify()
  }

  #applyToPlayer(before: MixState | null): void {
    const { strips, master, limiter, tempo, pitch, loop } = this.#mix
    if (strips !== before?.strips) this.player.setMix(channelsOf(this.#mix, this.#stems))
    if (master !== before?.master) this.player.setMaster(master)
    if (limiter !== before?.limiter) this.player.setLimiter(limiter)
    if (tempo !== before?.tempo) this.player.setTempo(tempo)
    if (pitch !== before?.pitch) this.player.setPitch(pitch)
    if (loop !== before?.loop) this.player.setLoop(loop?.on ? { from: loop.from, to: loop.to } : null)
  }

  #createSnapshot(): MixEditorSnapshot {
    return { mix: this.#mix, canUndo: this.#past.length > 0, canRedo: this.#future.length > 0 }
  }

  #notify(): void {
    this.#snapshot = this.#createSnapshot()
    for (const listener of this.#listeners) listener()
  }
}
