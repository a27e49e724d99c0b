import type { StrategyBlend } from '@/api/generated/types.gen'
import { formatBytes, formatRoughTime, joinWords, pluralise } from '@/ui/format'

const BLENDS: Record<StrategyBlend['kind'], string> = {
  average: 'average',
  median: 'median',
  max: 'largest value',
  min: 'smallest value',
}

/** Every sentence of the strategies page. */
export const text = {
  pageTitle: 'Strategies · Stemset',
  title: 'Strategies',
  intro:
    'A strategy is a tree of models. Each model splits what it hears into slots; a slot becomes a stem, or goes on into the next model. Strategies live in the server’s config.yaml.',
  loading: 'Loading the strategies…',
  failed: 'The strategies could not be read',
  retry: 'Try again',
  empty: 'No strategy is configured',
  emptyHint: 'Add one to config.yaml; `stemset config check` validates it.',
  jump: 'Strategies on this page',
  discarded: 'not kept',
  and: '+ ',
  blend: ({ kind, domain, weights }: StrategyBlend) =>
    `${BLENDS[kind]}${domain === 'spectrum' ? ' of their spectra' : ''}${weights ? `, weighted ${weights.join(' : ')}` : ''}`,
  treeOf: (strategy: string) => `Tree of ${strategy}`,
  quality: {
    preview: 'preview quality',
    good: 'good quality',
    very_good: 'very good quality',
    best: 'best quality',
  },
  time: (seconds: number) => `about ${formatRoughTime(seconds)} for a song of 4 minutes here`,
  size: (size: number) => `${formatBytes(size)} of weights`,
  noSize: 'no weights to download',
  licences: (licences: readonly (string | null)[]) =>
    `licence: ${licences.map((licence) => licence ?? 'not stated').join(', ')}`,
  ready: 'ready',
  notReady: 'not prepared',
  preparing: (fraction: number) => `preparing, ${Math.floor(fraction * 100)} %`,
  prepare: 'Prepare',
  prepareOf: (strategy: string) => `Prepare ${strategy}`,
  prepareAgain: 'Try again',
  prepareAgainOf: (strategy: string) => `Try again to prepare ${strategy}`,
  prepareHint: (size: number) =>
    `Downloads ${formatBytes(size)} once, so that the first song does not have to wait for it.`,
  prepareProgress: (strategy: string) => `Preparing ${strategy}`,
  notPrepared: (reason: string) => `Not prepared: ${reason}`,
  byHand: (strategy: string) => `On the server, this does the same: \`stemset models download ${strategy}\``,
  missing: (missing: readonly string[]) => `Missing on this server: ${joinWords(missing)}.`,
  announcePreparing: (strategy: string) => `${strategy} is being prepared.`,
  announceReady: (strategy: string) => `${strategy} is ready.`,
  models: (count: number) => `${pluralise(count, 'model')}: weights, licence, published quality`,
  licence: 'Licence of the weights',
  noLicence: 'not stated by the author',
  noWeights: 'needs no weights',
  sdr: 'Published SDR',
  noSdr: 'none that compares',
  sdrNote: 'Higher is better; figures compare only within one source.',
  files: 'Weight files',
  present: 'here',
  absent: 'not here',
  advice: 'Where it runs',
} as const
