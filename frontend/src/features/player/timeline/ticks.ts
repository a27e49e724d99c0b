import type { Frames, Seconds, Span } from '@/audio'

const STEPS: readonly Seconds[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600]
const MIN_DISTANCE_PX = 72

export interface Tick {
  readonly frame: Frames
  readonly label: string
}

/** The song's beats and bars, at a constant tempo. */
export interface BeatGrid {
  readonly bpm: number
  readonly beatsPerBar: number
  /** Frame of the first beat of bar 1. */
  readonly offset: Frames
}

/** The marks of a ruler `widthPx` wide over the span: the finest round step whose labels do not touch. */
export function timeTicks(span: Span, sampleRate: number, widthPx: number): readonly Tick[] {
  const duration = (span.to - span.from) / sampleRate
  if (widthPx <= 0 || duration <= 0) return []
  const step = STEPS.find((candidate) => (candidate / duration) * widthPx >= MIN_DISTANCE_PX) ?? duration
  const first = Math.ceil(span.from / sampleRate / step - 1e-9)
  // The last mark needs room for its label before the edge.
  const last = (span.from / sampleRate + duration * (1 - MIN_DISTANCE_PX / 2 / widthPx)) / step
  const found: Tick[] = []
  for (let index = first; index < last || found.length === 0; index++) {
    found.push({ frame: Math.round(index * step * sampleRate), label: formatTick(index * step, step) })
  }
  return found
}

/** The bars in the span, thinned out by powers of two until their numbers do not touch. */
export function barTicks(span: Span, sampleRate: number, widthPx: number, grid: BeatGrid): readonly Tick[] {
  if (widthPx <= 0) return []
  const framesPerBar = (60 / grid.bpm) * grid.beatsPerBar * sampleRate
  const pxPerBar = (framesPerBar / (span.to - span.from)) * widthPx
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(MIN_DISTANCE_PX / 2 / pxPerBar)))
  const first = Math.max(0, Math.ceil((span.from - grid.offset) / framesPerBar / every)) * every
  const found: Tick[] = []
  for (let bar = first; grid.offset + bar * framesPerBar < span.to; bar += every) {
    found.push({ frame: Math.round(grid.offset + bar * framesPerBar), label: String(bar + 1) })
  }
  return found
}

function formatTick(time: Seconds, step: Seconds): string {
  const minutes = Math.floor(time / 60 + 1e-9)
  const seconds = Math.max(0, time - minutes * 60)
  return `${minutes}:${step < 1 ? seconds.toFixed(1).padStart(4, '0') : String(Math.round(seconds)).padStart(2, '0')}`
}
