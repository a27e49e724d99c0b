import type { Recording } from '@/api/generated/types.gen'
import { announceJob, isFinal } from '@/features/jobs'

/** Speaks what the jobs of these recordings do. Jobs that were over before the page came stay silent. */
export function LiveStatus({ recordings, since }: { recordings: readonly Recording[]; since: number }) {
  const spoken = recordings.filter(({ latestJob: job }) => {
    if (job === null) return false
    return !isFinal(job.state) || (job.finishedAt !== null && Date.parse(job.finishedAt) >= since)
  })
  return (
    <div role="status" className="sr-only">
      {spoken.map(({ id, title, latestJob }) => latestJob && <p key={id}>{announceJob(latestJob, title)}</p>)}
    </div>
  )
}
