export { createPlayer } from './engine'
export type { LoadFailure, LoadState, Problem } from './failure'
export { audibleStems, type Channel, type Mix, neutral, type StemName } from './mixer'
export { type MixRequest, renderedFrames } from './mixRequest'
export type {
  LaneSource,
  Level,
  Player,
  PlayerOptions,
  PlayerSnapshot,
  StemSnapshot,
  Stretch,
  Transport,
} from './player'
export { renderMix } from './render'
export { type Decibels, type Frames, type Seconds, type Semitones, type Span, toAmplitude, toDecibels } from './units'
