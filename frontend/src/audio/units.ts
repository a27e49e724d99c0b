export type Seconds = number
/** Whole sample frames: one per channel and sampling instant. */
export type Frames = number
export type Decibels = number

export function toAmplitude(gain: Decibels): number {
  return 10 ** (gain / 20)
}

export function toDecibels(amplitude: number): Decibels {
  return 20 * Math.log10(amplitude)
}
