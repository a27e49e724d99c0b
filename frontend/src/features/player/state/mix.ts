import type { Mix as WireMix } from '@/api/generated'
import { type Channel, type Decibels, type Frames, neutral, type Semitones, type Span, type StemName } from '@/audio'

export interface Marker {
  readonly frame: Frames
  readonly label: string
}

export interface Loop extends Span {
  /** Whether the player goes round in it. */
  readonly on: boolean
}

/** All that a listener sets. A stem without a strip is neutral. */
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

export function stripOf(mix: MixState, stem: StemName): Channel {
  return mix.strips[stem] ?? neutral
}

/** The strips of these stems, for the engine. */
export function channels(mix: MixState, stems: readonly StemName[]): ReadonlyMap<StemName, Channel> {
  return new Map(stems.map((stem) => [stem, stripOf(mix, stem)]))
}

/** The mix as the service keeps it; null stands for -Infinity there. */
export function toWire({ strips, master, loop, markers, ...rest }: MixState): WireMix {
  const told = Object.entries(strips).map(([stem, { gain, pan, muted, soloed }]) => {
    return [stem, { gainDb: offOr(gain), pan: rounded(pan), muted, soloed }] as const
  })
  return {
    ...rest,
    tempo: rounded(rest.tempo),
    masterDb: offOr(master),
    strips: Object.fromEntries(told),
    loop: loop && { start: loop.from, end: loop.to, on: loop.on },
    markers: markers.map(({ frame, label }) => ({ frame, label })),
  }
}

/** frames: the song's; what lies beyond is cut off, such as after the song was decoded anew. */
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

function offOr(gain: Decibels): Decibels | null {
  return gain < LOWEST ? null : rounded(Math.min(HIGHEST, gain))
}

/** What a fader gives has more digits than anybody hears. */
function rounded(value: number): number {
  return Number(value.toFixed(3))
}
