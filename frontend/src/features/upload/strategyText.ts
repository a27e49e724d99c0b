import type { Strategy } from '@/api/generated/types.gen'
import { bytes, list, roughly } from '@/ui/format'
import { stemLabel } from '@/ui/stems'
import { qualityText, text } from './text'

/** `vocals, drums, bass and other · good quality · about 2 min for a song · downloads 84 MB first`. */
export function strategyDetail(strategy: Strategy): string {
  const parts = [
    list(strategy.stems.map((stem) => stemLabel(stem).toLowerCase())),
    qualityText[strategy.quality],
    `about ${roughly(strategy.estimatedS)} for a song of 4 minutes`,
  ]
  if (!strategy.ready && strategy.downloadBytes > 0) parts.push(`downloads ${bytes(strategy.downloadBytes)} first`)
  if (strategy.downloadBytes === 0 && strategy.ready && strategy.quality === 'preview') parts.push('no download')
  return parts.join(' · ')
}

/** The sentence below the picker: what the chosen strategy is not, or needs first. Null: nothing to say. */
export function strategyNote(strategy: Strategy): string | null {
  if (strategy.quality === 'preview') return text.previewNote
  if (strategy.ready) return null
  if (strategy.downloadBytes > 0) return text.downloadNote(bytes(strategy.downloadBytes), strategy.missing.length)
  return text.missingNote(strategy.missing.join(', '))
}
