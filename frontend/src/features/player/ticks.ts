import type { Seconds } from '@/audio'

const STEPS: readonly Seconds[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600]
const MIN_DISTANCE_PX = 72

export interface Tick {
  readonly time: Seconds
  readonly label: string
}

/** The marks of a ruler: the finest round step whose labels do not touch. */
export function ticks(duration: Seconds, widthPx: number): readonly Tick[] {
  if (widthPx <= 0 || duration <= 0) return []
  const step = STEPS.find((candidate) => (candidate / duration) * widthPx >= MIN_DISTANCE_PX) ?? duration
  // The last mark needs room for its label before the edge.
  const count = Math.ceil((duration * (1 - MIN_DISTANCE_PX / 2 / widthPx)) / step)
  return Array.from({ length: Math.max(1, count) }, (_, index) => ({
    time: index * step,
    label: label(index * step, step),
  }))
}

function label(time: Seconds, step: Seconds): string {
  const minutes = Math.floor(time / 60 + 1e-9)
  const seconds = Math.max(0, time - minutes * 60)
  return `${minutes}:${step < 1 ? seconds.toFixed(1).padStart(4, '0') : String(Math.round(seconds)).padStart(2, '0')}`
}
