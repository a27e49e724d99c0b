export { createPlayer } from './engine'
export { type MixRequest, renderedFrames } from './export/mixRequest'
export { renderMix } from './export/render'
export type { LoadFailure, LoadState, Problem } from './failure'
export { audibleStems, type Channel, type Mix, neutral, type StemName } from './mix'
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
export { type Decibels, type Frames, type Seconds, type Semitones, type Span, toAmplitude, toDecibels } from './units'
