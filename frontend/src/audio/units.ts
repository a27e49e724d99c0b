export type Seconds = number
/** Whole sample frames: one per channel and sampling instant. */
export type Frames = number
export type Decibels = number
/** Twelfths of an octave. */
export type Semitones = number

export function toAmplitude(gain: Decibels): number {
  return 10 ** (gain / 20)
}

export function toDecibels(amplitude: number): Decibels {
  return 20 * Math.log10(amplitude)
}

/** Song frames `from` up to, not including, `to`. */
export interface Span {
  readonly from: Frames
  readonly to: Frames
}
