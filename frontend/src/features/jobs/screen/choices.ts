import type { Job } from '@/api/generated/types.gen'

const MAX_VERSIONS = 3

/** Chooses the newest playable job of each strategy, in the order in which they ran; `shown` is always among them. */
export function chooseVersions(jobs: readonly Job[], shown: Job): Job[] {
  const byStrategy = new Map([[shown.strategy, shown]])
  for (const job of jobs) {
    if (job.stems.length > 0 && !byStrategy.has(job.strategy)) byStrategy.set(job.strategy, job)
  }
  return [...byStrategy.values()].slice(0, MAX_VERSIONS).sort((a, b) => a.createdAt.localeCompare(b.createdAt))
}
