import type { Decibels } from '@/audio'

/** Fader positions run from 0 (off) to TOP; UNITY is 0 dB. */
export const TOP = 100
export const UNITY = 78
const MAX: Decibels = 6
const RANGE: Decibels = 66

/** The exponent that puts 0 dB on UNITY: fine steps near it, coarse ones towards silence, as on a mixing desk. */
const CURVE = Math.log(MAX / RANGE) / Math.log(1 - UNITY / TOP)

export function gainAt(position: number): Decibels {
  if (position <= 0) return -Infinity
  if (position === UNITY) return 0
  return MAX - RANGE * (1 - position / TOP) ** CURVE
}

export function positionOf(gain: Decibels): number {
  if (gain <= MAX - RANGE) return 0
  return Math.round(TOP * (1 - ((MAX - gain) / RANGE) ** (1 / CURVE)))
}
