import type { Decibels, Frames, Pan, Seconds, Semitones, Span } from './units'

export type StemName = string

/** One stem's settings. gain: -Infinity is off. */
export interface Channel {
  readonly gain: Decibels
  readonly muted: boolean
  readonly soloed: boolean
  readonly pan: Pan
}

export const neutral: Channel = { gain: 0, muted: false, soloed: false, pan: 0 }

export type Mix = ReadonlyMap<StemName, Channel>

/** A range that a setting is kept within, both ends included. */
interface Range {
  readonly min: number
  readonly max: number
}

/** Tempo as a factor: 1 is the recording's own. */
export const TEMPO_RANGE: Range = { min: 0.5, max: 2 }
/** In semitones. */
export const PITCH_RANGE: Range = { min: -12, max: 12 }
const PAN_RANGE: Range = { min: -1, max: 1 }

/** A loop shorter than this is a buzz. */
const SHORTEST_LOOP: Seconds = 0.05

function clamp(value: number, { min, max }: Range): number {
  return Math.min(max, Math.max(min, value))
}

export function clampTempo(tempo: number): number {
  return clamp(tempo, TEMPO_RANGE)
}

export function clampPitch(pitch: Semitones): Semitones {
  return clamp(pitch, PITCH_RANGE)
}

export function clampPan(pan: Pan): Pan {
  return clamp(pan, PAN_RANGE)
}

/**
 * The loop that is played for two ends: whole frames inside the song, in the right order, at least 50 ms apart where
 * the song is that long. null for a song without a frame. frames: the song's length.
 */
export function clampLoop({ from, to }: Span, frames: Frames, sampleRate: number): Span | null {
  const shortest = Math.ceil(SHORTEST_LOOP * sampleRate)
  const inside = (frame: Frames) => clamp(Math.round(frame), { min: 0, max: frames })
  const start = Math.max(0, Math.min(inside(Math.min(from, to)), frames - shortest))
  const end = Math.min(frames, Math.max(inside(Math.max(from, to)), start + shortest))
  return end > start ? { from: start, to: end } : null
}

/** Returns the stems that are let through: while any is soloed only those, and never a muted one. */
export function audibleStems(mix: Mix): ReadonlySet<StemName> {
  const soloing = [...mix.values()].some((channel) => channel.soloed)
  const audible = [...mix].filter(([, channel]) => !channel.muted && (!soloing || channel.soloed))
  return new Set(audible.map(([stem]) => stem))
}

export function isSameChannel(a: Channel, b: Channel): boolean {
  return a.gain === b.gain && a.muted === b.muted && a.soloed === b.soloed && a.pan === b.pan
}
