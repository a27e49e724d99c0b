import type { Frames } from '../units'
import type { Tape } from './timeline'

/** Where the tape and the audio clock meet: tape frame `from` sounds at context frame `at`, then `tempo` frames per frame. */
export interface Take {
  readonly tape: Tape
  readonly at: Frames
  readonly from: Frames
  readonly tempo: number
}

export function tapeAt({ at, from, tempo }: Take, context: Frames): number {
  return from + (context - at) * tempo
}

export function contextAt({ at, from, tempo }: Take, tape: Frames): number {
  return at + (tape - from) / tempo
}

/** The song frame that sounds at a context frame, not before the take's start. */
export function songAt(take: Take, context: Frames): Frames {
  return take.tape.songAt(Math.floor(Math.max(take.from, tapeAt(take, context))))
}
