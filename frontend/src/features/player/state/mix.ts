import type { Mix as WireMix } from '@/api/generated'
import {
  type Channel,
  type Decibels,
  type Frames,
  isSameChannel,
  isSameSpan,
  neutral,
  type Semitones,
  type Span,
  type StemName,
} from '@/audio'

export interface Marker {
  readonly frame: Frames
  readonly label: string
}

export interface Loop extends Span {
  /** Whether the player goes round in it. */
  readonly on: boolean
}

/** Everything that a listener sets. A stem without a strip is neutral. */
export interface MixState {
  readonly strips: Readonly<Record<StemName, Channel>>
  readonly master: Decibels
  readonly limiter: boolean
  readonly tempo: number
  readonly pitch: Semitones
  readonly loop: Loop | null
  readonly markers: readonly Marker[]
}

export const NEUTRAL: MixState = {
  strips: {},
  master: 0,
  limiter: false,
  tempo: 1,
  pitch: 0,
  loop: null,
  markers: [],
}

/** Compares field by field; the order of strips does not matter. */
export function isSameMix(a: MixState, b: MixState): boolean {
  return (
    a.master === b.master &&
    a.limiter === b.limiter &&
    a.tempo === b.tempo &&
    a.pitch === b.pitch &&
    isSameSpan(a.loop, b.loop) &&
    a.loop?.on === b.loop?.on &&
    hasSameStrips(a.strips, b.strips) &&
    hasSameMarkers(a.markers, b.markers)
  )
}

function hasSameStrips(a: MixState['strips'], b: MixState['strips']): boolean {
  const stems = Object.keys(a)
  return (
    stems.length === Object.keys(b).length &&
    stems.every((stem) => {
      const [one, other] = [a[stem], b[stem]]
      return one !== undefined && other !== undefined && isSameChannel(one, other)
    })
  )
}

function hasSameMarkers(a: readonly Marker[], b: readonly Marker[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ frame, label }, index) => frame === b[index]?.frame && label === b[index]?.label)
  )
}

export function stripOf(mix: MixState, stem: StemName): Channel {
  return mix.strips[stem] ?? neutral
}

/** Returns the channels of these stems, for the player. */
export function channelsOf(mix: MixState, stems: readonly StemName[]): ReadonlyMap<StemName, Channel> {
  return new Map(stems.map((stem) => [stem, stripOf(mix, stem)]))
}

/** Returns the mix as the service stores it; null stands for -Infinity there. */
export function toWire({ strips, master, loop, markers, ...rest }: MixState): WireMix {
  const wireStrips = Object.entries(strips).map(([stem, { gain, pan, muted, soloed }]) => {
    return [stem, { gainDb: toWireGain(gain), pan: roundToThousandths(pan), muted, soloed }] as const
  })
  return {
    ...rest,
    tempo: roundToThousandths(rest.tempo),
    masterDb: toWireGain(master),
    strips: Object.fromEntries(wireStrips),
    loop: loop && { start: loop.from, end: loop.to, on: loop.on },
    markers: markers.map(({ frame, label }) => ({ frame, label })),
  }
}

/** Reads a stored mix. frames: the song's length; what lies beyond is cut off, such as after the song was decoded anew. */
export function fromWire(mix: WireMix, frames: Frames): MixState {
  const strips = Object.entries(mix.strips ?? {}).map(([stem, strip]) => {
    const { gainDb = 0, pan = 0, muted = false, soloed = false } = strip
    return [stem, { gain: gainDb ?? -Infinity, pan, muted, soloed }] as const
  })
  const { loop } = mix
  return {
    strips: Object.fromEntries(strips),
    master: mix.masterDb === undefined ? 0 : (mix.masterDb ?? -Infinity),
    limiter: mix.limiter ?? false,
    tempo: mix.tempo ?? 1,
    pitch: mix.pitch ?? 0,
    loop:
      loop && loop.start < frames ? { from: loop.start, to: Math.min(frames, loop.end), on: loop.on ?? true } : null,
    markers: (mix.markers ?? [])
      .map(({ frame, label = '' }) => ({ frame, label }))
      .filter(({ frame }) => frame <= frames),
  }
}

const LOWEST: Decibels = -60
const HIGHEST: Decibels = 6

function toWireGain(gain: Decibels): Decibels | null {
  return gain < LOWEST ? null : roundToThousandths(Math.min(HIGHEST, gain))
}

/** A fader's value has more digits than anybody hears. */
function roundToThousandths(value: number): number {
  return Number(value.toFixed(3))
}
