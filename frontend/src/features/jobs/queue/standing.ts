import type { Health, Job } from '@/api/generated/types.gen'
import { isFinal } from '../jobs'
import { text as jobText } from '../text'
import { text } from './text'

/** Describes how a job stands: `separating · 38 s left`, `number 2 in the queue`, `failed`. */
export function describeStanding(job: Job): string {
  const queued = job.state === 'queued' && job.queuePosition !== null
  const parts = [queued ? text.place(job.queuePosition ?? 1) : jobText[job.state]]
  if (!isFinal(job.state) && job.etaS !== null) parts.push(text.left(job.etaS))
  return parts.join(' · ')
}

/** Returns the fraction of a job's nodes that is done, 0 to 1; a running node counts as far as it is. */
export function fractionDone({ nodes }: Job): number {
  const done = nodes.reduce((sum, { state, fraction }) => sum + (state === 'done' ? 1 : fraction), 0)
  return nodes.length === 0 ? 0 : done / nodes.length
}

export interface Status {
  dot: 'good' | 'busy' | 'warn' | 'bad'
  words: string
}

/** Describes the service in one line. health: null when it does not answer. */
export function describeService(health: Health | null): Status {
  if (health === null) return { dot: 'bad', words: text.unreachable }
  if (health.status !== 'ok' && !(health.database && health.storage)) return { dot: 'bad', words: text.trouble }
  const { worker, queued, running } = health
  const queue = queued + running === 0 ? text.queueEmpty : text.queue(running, queued)
  if (!worker) return { dot: 'warn', words: `${text.noWorker} · ${queue}` }
  return { dot: running > 0 ? 'busy' : 'good', words: `${text.workerReady} · ${queue}` }
}
