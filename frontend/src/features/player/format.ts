import type { Decibels, Seconds } from '@/audio'

/** 84.3184 → `1:24.318`. */
export function timeCode(time: Seconds): string {
  const milliseconds = Math.max(0, Math.round(time * 1000))
  const minutes = Math.floor(milliseconds / 60_000)
  const rest = ((milliseconds % 60_000) / 1000).toFixed(3).padStart(6, '0')
  return `${minutes}:${rest}`
}

/** For the ear instead of the eye: 84.3 → `1 minute 24 seconds`. */
export function spokenTime(time: Seconds): string {
  const total = Math.max(0, Math.floor(time))
  const words = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`
  const minutes = Math.floor(total / 60)
  return minutes > 0 ? `${words(minutes, 'minute')} ${words(total % 60, 'second')}` : words(total, 'second')
}

/** -3.24 → `−3.2 dB`, with a true minus; what rounds to zero has no sign. */
export function decibelText(gain: Decibels): string {
  if (gain === -Infinity) return '−∞ dB'
  const size = Math.abs(gain).toFixed(1)
  const sign = Number(size) === 0 ? '' : gain < 0 ? '−' : '+'
  return `${sign}${size} dB`
}

/** -0.2 → `L 20`. */
export function panText(pan: number): string {
  const percent = Math.round(Math.abs(pan) * 100)
  return percent === 0 ? 'C' : `${pan < 0 ? 'L' : 'R'} ${percent}`
}

export function spokenPan(pan: number): string {
  const percent = Math.round(Math.abs(pan) * 100)
  return percent === 0 ? 'centre' : `${percent} % ${pan < 0 ? 'left' : 'right'}`
}

/** The service's figure for no difference at all. */
const EXACT: Decibels = -200

/** -112.3 → `residual −112 dB`. */
export function residualText(residual: Decibels): string {
  if (residual <= EXACT) return 'sum exactly to the song'
  return `residual ${residual < 0 ? '−' : ''}${Math.abs(Math.round(residual))} dB`
}

/** To a tenth of a second: 18.04 → `0:18.0`. */
export function shortTime(time: Seconds): string {
  const tenths = Math.max(0, Math.round(time * 10))
  const minutes = Math.floor(tenths / 600)
  return `${minutes}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`
}
