import type { Job } from '@/api/generated/types.gen'

const MOST = 3

/** The newest playable job of each strategy, in the order in which they ran; the one that is heard is always there. */
export function choices(jobs: readonly Job[], heard: Job): Job[] {
  const byStrategy = new Map([[heard.strategy, heard]])
  for (const job of jobs) {
    if (job.stems.length > 0 && !byStrategy.has(job.strategy)) byStrategy.set(job.strategy, job)
  }
  return [...byStrategy.values()].slice(0, MOST).sort((a, b) => a.createdAt.localeCompare(b.createdAt))
}
