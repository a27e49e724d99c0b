import type { Job } from '@/api/generated/types.gen'
import { CancelJob, isFinal, JobFailureText, JobRemedies, JobTree } from '@/features/jobs'

/** What a job does, or why it ended without all of its stems. */
export function JobPanel({ job, title }: { job: Job; title: string }) {
  return (
    <div className="grid gap-5 rounded-[14px] border border-line bg-surface p-5">
      {!isFinal(job.state) && (
        <>
          <JobTree job={job} title={title} />
          <div>
            <CancelJob job={job} title={title} />
          </div>
        </>
      )}
      {(job.state === 'failed' || job.state === 'cancelled') && (
        <>
          <JobFailureText job={job} />
          <JobRemedies job={job} />
        </>
      )}
    </div>
  )
}
