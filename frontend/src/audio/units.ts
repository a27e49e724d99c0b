export type Seconds = number
/** Whole sample frames: one per channel and sampling instant. */
export type Frames = number
export type Decibels = number
/** Twelfths of an octave. */
export type Semitones = number
/** A factor on samples, or a sample's size: 1 is 0 dB, and full scale. */
export type Amplitude = number
/** -1 left to 1 right. */
export type Pan = number

export function toAmplitude(gain: Decibels): Amplitude {
  return 10 ** (gain / 20)
}

export function toDecibels(amplitude: Amplitude): Decibels {
  return 20 * Math.log10(amplitude)
}

/** Song frames `from` up to, not including, `to`. */
export interface Span {
  readonly from: Frames
  readonly to: Frames
}

export function isSameSpan(a: Span | null, b: Span | null): boolean {
  return a === b || (a !== null && b !== null && a.from === b.from && a.to === b.to)
}
