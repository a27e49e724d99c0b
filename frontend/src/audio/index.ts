export type { LoadFailure, LoadState, TrackSource } from './loading'
export type { StemName } from './mixer'
export { createPlayer, type Player, type PlayerOptions, type PlayerSnapshot, type StemSnapshot } from './player'
export { type Decibels, type Frames, type Seconds, toDecibels } from './units'
