import type { Decibels } from './units'

export type StemName = string

/** One stem's strip. gain: -Infinity is off. pan: -1 left to 1 right. */
export interface Channel {
  readonly gain: Decibels
  readonly muted: boolean
  readonly soloed: boolean
  readonly pan: number
}

export const neutral: Channel = { gain: 0, muted: false, soloed: false, pan: 0 }

export type Mix = ReadonlyMap<StemName, Channel>

/** Which stems are heard: while any is soloed only those, and never a muted one. */
export function audibleStems(mix: Mix): ReadonlySet<StemName> {
  const soloing = [...mix.values()].some((channel) => channel.soloed)
  const heard = [...mix].filter(([, channel]) => !channel.muted && (!soloing || channel.soloed))
  return new Set(heard.map(([stem]) => stem))
}
