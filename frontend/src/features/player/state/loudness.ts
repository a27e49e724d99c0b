import type { PlayerData } from '@/api/generated'
import { audibleStems, type Decibels } from '@/audio'
import { channelsOf, type MixState } from './mix'

/** A larger trim helps no comparison: the quieter one is nearly silent. */
const MOST_TRIM: Decibels = 12

/**
 * Returns the loudness of these stems with this mix in LUFS; null for silence or what was never measured.
 *
 * With all faders alike it is the mixture's own figure. Otherwise powers are added, as of uncorrelated sounds.
 */
export function mixLoudness(data: PlayerData, mix: MixState): number | null {
  const strips = channelsOf(
    mix,
    data.stems.map(({ name }) => name),
  )
  const audible = audibleStems(strips)
  const audibleTracks = data.stems.filter(({ name }) => audible.has(name))
  const gains = audibleTracks.map(({ name }) => strips.get(name)?.gain ?? 0)
  const [first] = gains
  if (first === undefined) return null
  if (
    audibleTracks.length === data.stems.length &&
    gains.every((gain) => gain === first) &&
    data.mixture.lufs !== null
  ) {
    return data.mixture.lufs + first
  }
  const power = audibleTracks.reduce(
    (sum, { lufs }, index) => sum + (lufs === null ? 0 : 10 ** ((lufs + (gains[index] ?? 0)) / 10)),
    0,
  )
  return power > 0 ? 10 * Math.log10(power) : null
}

/**
 * Returns the gain that makes the shown job as loud as the quietest of those it is compared with, in steps of 0.1 dB;
 * never above 0, so that a comparison never clips.
 */
export function loudnessTrim(shown: PlayerData, others: readonly PlayerData[], mix: MixState): Decibels {
  const own = mixLoudness(shown, mix)
  const all = others.map((other) => mixLoudness(other, mix)).filter((value) => value !== null)
  if (own === null || all.length === 0) return 0
  const trim = Math.max(-MOST_TRIM, Math.min(0, Math.min(...all) - own))
  return trim === 0 ? 0 : Math.round(trim * 10) / 10
}
