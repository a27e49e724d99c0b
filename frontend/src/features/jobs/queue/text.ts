import { formatRoughTime, pluralise } from '@/ui/format'

/** Every sentence about the queue and the state of the service. */
export const text = {
  title: 'Queue',
  pageTitle: 'Queue · Stemset',
  hint: 'All songs that wait or are being separated, of every profile. You may close this page; the work goes on.',
  back: 'Recordings',
  running: 'Being separated',
  waiting: 'Waiting',
  ended: 'Failed',
  empty: 'Nothing is waiting',
  emptyHint: 'Songs that you drop on a profile’s page line up here.',
  loading: 'Loading the queue…',
  failed: 'The queue could not be read',
  retry: 'Try again',
  more: 'Show more',
  unknownSong: 'A recording',
  progress: (title: string) => `Progress of ${title}`,
  left: (seconds: number) =>
    seconds < 60 ? `${Math.max(1, Math.round(seconds))} s left` : `${formatRoughTime(seconds)} left`,
  place: (position: number) => (position === 1 ? 'next in the queue' : `number ${position} in the queue`),
  workerReady: 'worker ready',
  noWorker: 'no worker runs',
  trouble: 'the service is in trouble',
  unreachable: 'server does not answer',
  queueEmpty: 'queue empty',
  queue: (running: number, queued: number) =>
    [running > 0 && `${running} running`, queued > 0 && `${queued} waiting`].filter(Boolean).join(', '),
  toQueue: (status: string) => `${status}. Open the queue.`,
  count: (jobs: number) => pluralise(jobs, 'job'),
  offline: 'The server does not answer. What you see is what was known last; trying again…',
} as const
