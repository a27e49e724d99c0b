import type { Strategy } from '@/api/generated/types.gen'
import { formatBytes, formatRoughTime, joinWords } from '@/ui/format'
import { stemLabel } from '@/ui/stems'
import { text as catalogueText } from '../text'
import { text } from './text'

/** `vocals, drums, bass and other · good quality · about 2 min for a song · downloads 84 MB first`. */
export function describeStrategy(strategy: Strategy): string {
  const parts = [
    joinWords(strategy.stems.map((stem) => stemLabel(stem).toLowerCase())),
    catalogueText.quality[strategy.quality],
    `about ${formatRoughTime(strategy.estimatedS)} for a song of 4 minutes`,
  ]
  if (!strategy.ready && strategy.downloadBytes > 0)
    parts.push(`downloads ${formatBytes(strategy.downloadBytes)} first`)
  if (strategy.downloadBytes === 0 && strategy.ready && strategy.quality === 'preview') parts.push('no download')
  return parts.join(' · ')
}

/** What to know below the picker: what the chosen strategy does, or is not, and what it needs first. */
export function describeNeeds(strategy: Strategy): string {
  if (strategy.quality === 'preview') return text.previewNote
  const { summary, ready, downloadBytes, missing } = strategy
  if (ready) return summary
  const need =
    downloadBytes > 0
      ? text.downloadNote(formatBytes(downloadBytes), missing.length)
      : text.missingNote(missing.join(', '))
  return `${summary} ${need}`.trim()
}
