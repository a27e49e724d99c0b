import { list, plural } from '@/ui/format'
import { stemLabel } from '@/ui/stems'

/** Every sentence about jobs. */
export const text = {
  queued: 'waits for a worker',
  running: 'separating',
  succeeded: 'separated',
  failed: 'failed',
  cancelled: 'cancelled',
  waiting: 'waiting',
  cached: 'from cache',
  nodeFailed: 'failed',
  tree: (title: string) => `Steps of separating ${title}`,
  decoding: 'Reading the song…',
  finishing: 'Writing the last files…',
  inLine: 'In line behind other songs. It starts by itself.',
  progress: (step: string) => `Progress of ${step}`,
  ready: (stems: readonly string[]) => `${list(stems.map(stemLabel))} ready, listen`,
  cancel: 'Cancel',
  cancelling: 'Stopping…',
  cancelOf: (title: string) => `Cancel separating ${title}`,
  tryAgain: 'Try again',
  insteadUse: (strategy: string) => `Use ${strategy} instead`,
  fallbackNote: (strategy: string) => `${strategy} needs no download, but it is only a preview of what a network does.`,
  failedWith: (message: string) => `Failed: ${message}`,
  failedAt: (step: string) => `At the step “${step}”.`,
  wasCancelled: 'Cancelled before it was done.',
  announceQueued: (title: string) => `${title} waits for a worker.`,
  announceStep: (title: string, step: string, number: number, of: number) =>
    `Separating ${title}: step ${number} of ${plural(of, 'step')}, ${step}.`,
  announceReading: (title: string) => `Reading ${title}.`,
  announceDone: (title: string) => `${title} is separated.`,
  announceFailed: (title: string, message: string) => `Separating ${title} failed. ${message}`,
  announceCancelled: (title: string) => `Separating ${title} was cancelled.`,
} as const
