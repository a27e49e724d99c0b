import type { LoadState, Problem } from './failure'
import type { Channel, StemName } from './mix'
import type { Decibels, Frames, Seconds, Semitones, Span } from './units'

/** One stem's audio file: a FLAC with blocks of one size. */
export interface LaneSource {
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
  readonly peak: number
  readonly rms: number
  readonly clipped: boolean
}

export interface StemSnapshot extends Channel {
  readonly stem: StemName
  /** Whether mute and solo let it through. */
  readonly audible: boolean
  readonly load: LoadState
}

/** What changes seldom enough to be drawn by a framework; position and levels are asked for per frame. */
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

export interface Player {
  readonly sampleRate: number
  readonly frames: Frames
  /**
   * Sets which stems there are. Those whose file is known stay, under a new address too. While playing, new ones come in at the running position
   * once they are there; those no longer named sound until then, so that a change to another job's stems has no gap.
   * A stem's fader, pan, mute and solo go by its name and are kept.
   */
  load(lanes: readonly LaneSource[]): void
  /** Loads a failed stem again. */
  retry(stem: StemName): void
  play(at?: Seconds): void
  pause(): void
  seek(to: Seconds): void
  /** Playing that comes to `to` goes on at `from`, without a frame lost or added; null plays on. Shorter than 50 ms becomes 50 ms. */
  setLoop(loop: Span | null): void
  setGain(stem: StemName, gain: Decibels): void
  setMuted(stem: StemName, muted: boolean): void
  setSoloed(stem: StemName, soloed: boolean): void
  /** -1 left to 1 right. */
  setPan(stem: StemName, pan: number): void
  /** Several strips at once, such as a preset or an undo; stems not named keep theirs. */
  setMix(mix: ReadonlyMap<StemName, Channel>): void
  /** Takes every mute and solo off. */
  clearMutesAndSolos(): void
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
  /** Calls the listener after every change of the snapshot, a seek included; the answer ends that. */
  readonly subscribe: (listener: () => void) => () => void
  /** Stops every source, ends every request, closes the context. */
  dispose(): void
}

export interface PlayerOptions {
  readonly sampleRate: number
  readonly frames: Frames
}
