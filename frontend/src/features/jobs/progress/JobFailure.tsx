import type { Job } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { WithCode } from '@/ui/WithCode'
import { recordingOf } from '../jobs'
import { text } from '../text'
import { useRetryJob, useStartJob } from '../useJobs'

/** Ways out of a job that failed or was cancelled. */
export function JobRemedies({ job }: { job: Job }) {
  const start = useStartJob()
  const retry = useRetryJob()
  const busy = start.isPending || retry.isPending
  const error = start.error ?? retry.error
  const fallback = job.failure?.fallback
  return (
    <div className="grid justify-items-start gap-2">
      <div className="flex flex-wrap gap-2">
        <Button disabled={busy} onClick={() => retry.mutate({ path: { job_id: job.id } })}>
          {text.tryAgain}
        </Button>
        {fallback && (
          <Button
            look="primary"
            disabled={busy}
            onClick={() => start.mutate({ body: { recordingId: recordingOf(job), strategy: fallback } })}
          >
            {text.insteadUse(fallback)}
          </Button>
        )}
      </div>
      {error !== null && <ErrorLine>{errorText(error)}</ErrorLine>}
    </div>
  )
}

/** Why a job ended without stems, in the worker's words. */
export function JobFailureText({ job }: { job: Job }) {
  if (job.state === 'cancelled') return <p className="text-[13px] text-muted">{text.wasCancelled}</p>
  const { failure } = job
  if (!failure) return null
  const step = job.nodes.find(({ path }) => path === failure.node)
  return (
    <div className="grid gap-1 text-[13px]">
      <p className="text-bad wrap-anywhere">
        <WithCode>{text.failedWith(failure.message)}</WithCode> {step && text.failedAt(step.title)}
      </p>
      {failure.fallback && <p className="text-muted">{text.fallbackNote(failure.fallback)}</p>}
    </div>
  )
}
