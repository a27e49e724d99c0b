import type { PlayerData } from '@/api/generated'
import { audibleStems, type Decibels } from '@/audio'
import { channels, type MixState } from './mix'

/** Further than this no comparison is helped, and the quieter one is nearly silence. */
const MOST: Decibels = 12

/**
 * How loud these stems are with this mix, in LUFS; null for silence or what was never measured.
 *
 * With all faders alike it is the mixture's own figure. Otherwise powers are added, as of sounds that have nothing to do
 * with one another.
 */
export function loudness(data: PlayerData, mix: MixState): number | null {
  const strips = channels(
    mix,
    data.stems.map(({ name }) => name),
  )
  const audible = audibleStems(strips)
  const heard = data.stems.filter(({ name }) => audible.has(name))
  const gains = heard.map(({ name }) => strips.get(name)?.gain ?? 0)
  const [first] = gains
  if (first === undefined) return null
  if (heard.length === data.stems.length && gains.every((gain) => gain === first) && data.mixture.lufs !== null) {
    return data.mixture.lufs + first
  }
  const power = heard.reduce(
    (sum, { lufs }, index) => sum + (lufs === null ? 0 : 10 ** ((lufs + (gains[index] ?? 0)) / 10)),
    0,
  )
  return power > 0 ? 10 * Math.log10(power) : null
}

/**
 * How far the shown job has to come down to be as loud as the quietest of those it is compared with; never above 0, so
 * that a comparison never clips.
 */
export function matchingTrim(shown: PlayerData, others: readonly PlayerData[], mix: MixState): Decibels {
  const own = loudness(shown, mix)
  const all = others.map((other) => loudness(other, mix)).filter((value) => value !== null)
  if (own === null || all.length === 0) return 0
  const trim = Math.max(-MOST, Math.min(0, Math.min(...all) - own))
  return trim === 0 ? 0 : Math.round(trim * 10) / 10
}
