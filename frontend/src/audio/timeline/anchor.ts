import type { Frames } from '../units'
import type { Timeline } from './timeline'

/** Ties a timeline to the audio clock: timeline frame `from` sounds at context frame `at`, then `tempo` frames per frame. */
export interface Anchor {
  readonly timeline: Timeline
  readonly at: Frames
  readonly from: Frames
  readonly tempo: number
}

/** Returns the timeline frame, not a whole one at other tempos, that sounds at a context frame. */
export function timelineFrameAt({ at, from, tempo }: Anchor, context: Frames): number {
  return from + (context - at) * tempo
}

/** Returns the context frame, not always a whole one, at which a timeline frame sounds. */
export function contextFrameAt({ at, from, tempo }: Anchor, timeline: Frames): number {
  return at + (timeline - from) / tempo
}

/** Returns the song frame that sounds at a context frame, not before the anchor's start. */
export function songFrameAt(anchor: Anchor, context: Frames): Frames {
  return anchor.timeline.songFrameAt(Math.floor(Math.max(anchor.from, timelineFrameAt(anchor, context))))
}
