export { createPlayer } from './engine'
export { type MixRequest, renderedFrames } from './export/mixRequest'
export { renderMix } from './export/render'
export type { LoadFailure, LoadState, Problem } from './failure'
export {
  audibleStems,
  type Channel,
  clampLoop,
  clampPan,
  clampPitch,
  clampTempo,
  isSameChannel,
  type Mix,
  neutral,
  PITCH_RANGE,
  type StemName,
  TEMPO_RANGE,
} from './mix'
export type {
  Level,
  Player,
  PlayerOptions,
  PlayerSnapshot,
  StemSnapshot,
  StemSource,
  Stretch,
  Transport,
} from './player'
export {
  type Amplitude,
  type Decibels,
  type Frames,
  isSameSpan,
  type Pan,
  type Seconds,
  type Semitones,
  type Span,
  toAmplitude,
  toDecibels,
} from './units'
