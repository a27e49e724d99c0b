import type { Mix } from '../mix'
import type { StemSource } from '../player'
import type { Decibels, Frames, Semitones, Span } from '../units'

/** Asks `renderMix` for the mix as it is heard, from one song frame to another, as PCM. */
export interface MixRequest {
  readonly sampleRate: number
  /** The recording's length. */
  readonly frames: Frames
  readonly sources: readonly StemSource[]
  readonly mix: Mix
  readonly master: Decibels
  readonly limiter: boolean
  readonly tempo: number
  readonly pitch: Semitones
  readonly span: Span
  /** Takes the slices in order, stereo, at sampleRate; the next one is rendered when the promise is kept. */
  readonly sink: (slice: AudioBuffer) => Promise<void> | void
  /** How much is done, 0 to 1. */
  readonly progress?: (fraction: number) => void
  readonly signal?: AbortSignal
}

/** Length of the rendered sound: the span's at the tempo asked for. */
export function renderedFrames({ span, tempo }: Pick<MixRequest, 'span' | 'tempo'>): Frames {
  return Math.round((span.to - span.from) / tempo)
}
