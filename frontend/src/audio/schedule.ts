import type { Frames, Seconds } from './units'

/** How far ahead of the audio clock a start is placed: long enough to arm every stem on a busy thread. */
export const LEAD: Seconds = 0.03

/** Where the song and the audio clock meet: song frame `song` sounds at context frame `context`. */
export interface Anchor {
  readonly context: Frames
  readonly song: Frames
}

/** The first context frame at which all stems can still start together. */
export function sharedStart(now: Seconds, sampleRate: number, lead: Seconds = LEAD): Frames {
  return Math.ceil((now + lead) * sampleRate)
}

/** The song frame that sounds at a context time, never before the anchor nor past the end. */
export function songFrame(anchor: Anchor, at: Seconds, sampleRate: number, frames: Frames): Frames {
  const played = Math.round(at * sampleRate) - anchor.context
  return Math.min(frames, anchor.song + Math.max(0, played))
}
