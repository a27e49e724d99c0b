import { isSameLoadState, type LoadState, type Problem } from './failure'
import { type Channel, isSameChannel, type StemName } from './mix'
import {
  type Amplitude,
  type Decibels,
  type Frames,
  isSameSpan,
  type Seconds,
  type Semitones,
  type Span,
} from './units'

/** One stem's audio file: a FLAC with blocks of one size. */
export interface StemSource {
  readonly stem: StemName
  /** Answers byte ranges. Should stay the same for a session, or the browser's cache is of no use. */
  readonly url: string
  /** Where the file's frame offsets are: one u32 little-endian per block, then the file's size; answers byte ranges. */
  readonly indexUrl: string
  /** The 34 bytes of STREAMINFO, base64. */
  readonly streaminfo: string
  /** Added to the fader, such as to compare two jobs at equal loudness; 0 when absent. */
  readonly trim?: Decibels
}

/** paused: silent. waiting: asked to play, but what comes next isn't there yet. playing: the clock runs. */
export type Transport = 'paused' | 'waiting' | 'playing'

/** exact: neither tempo nor pitch is changed, samples go out untouched. loading: the stretcher is being fetched. */
export type Stretch = 'exact' | 'loading' | 'active'

/** Amplitudes of the last moments, louder side; clipped: full scale was exceeded since clearClips. */
export interface Level {
  readonly peak: Amplitude
  readonly rms: Amplitude
  readonly clipped: boolean
}

export interface StemSnapshot extends Channel {
  readonly stem: StemName
  /** Whether mute and solo let it through. */
  readonly audible: boolean
  readonly load: LoadState
}

/** The player's state that changes seldom enough for a framework to draw; position and levels are read per frame. */
export interface PlayerSnapshot {
  readonly transport: Transport
  readonly problem: Problem | null
  readonly master: Decibels
  readonly limiter: boolean
  readonly loop: Span | null
  /** 0.5 to 2; 1 is the recording's own. */
  readonly tempo: number
  readonly pitch: Semitones
  readonly stretch: Stretch
  readonly stems: readonly StemSnapshot[]
}

export function isSameSnapshot(a: PlayerSnapshot, b: PlayerSnapshot): boolean {
  return (
    a.transport === b.transport &&
    a.problem === b.problem &&
    a.master === b.master &&
    a.limiter === b.limiter &&
    isSameSpan(a.loop, b.loop) &&
    a.tempo === b.tempo &&
    a.pitch === b.pitch &&
    a.stretch === b.stretch &&
    a.stems.length === b.stems.length &&
    a.stems.every((stem, index) => isSameStem(stem, b.stems[index]))
  )
}

function isSameStem(a: StemSnapshot, b: StemSnapshot | undefined): boolean {
  return (
    b !== undefined &&
    a.stem === b.stem &&
    a.audible === b.audible &&
    isSameChannel(a, b) &&
    isSameLoadState(a.load, b.load)
  )
}

export interface Player {
  readonly sampleRate: number
  readonly frames: Frames
  /**
   * Sets which stems there are. Those whose file is known stay, under a new address too. While playing, new ones come
   * in at the running position once they are decoded; those no longer named sound until then, so that a change to
   * another job's stems has no gap. A stem's fader, pan, mute and solo go by its name and are kept.
   */
  load(sources: readonly StemSource[]): void
  /** Loads a failed stem again. */
  retry(stem: StemName): void
  play(at?: Seconds): void
  pause(): void
  seek(to: Seconds): void
  /** Playing that comes to `to` goes on at `from`, without a frame lost or added; null plays on. Clamped by `clampLoop`. */
  setLoop(loop: Span | null): void
  /** Sets the channels of these stems; stems not named keep theirs. */
  setMix(mix: ReadonlyMap<StemName, Channel>): void
  setMaster(gain: Decibels): void
  setLimiter(on: boolean): void
  /** 0.5 to 2, clamped. */
  setTempo(tempo: number): void
  /** -12 to 12, clamped. */
  setPitch(pitch: Semitones): void
  /** The song frame that leaves the loudspeaker now. */
  position(): Frames
  /** What is decoded, for every audible stem, around the position; empty (from = to) when nothing is. */
  decoded(): Span
  /** A stem's level after its fader and pan; silence for a stem that is not there. */
  level(stem: StemName): Level
  /** The level after master and limiter. */
  masterLevel(): Level
  clearClips(): void
  /** The same object until something changes. */
  readonly snapshot: () => PlayerSnapshot
  /** Calls the listener after every change of the snapshot, a seek included, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void
  /** Stops every source, ends every request, closes the context. */
  dispose(): void
}

export interface PlayerOptions {
  readonly sampleRate: number
  readonly frames: Frames
}
