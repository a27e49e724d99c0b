import type { Job } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { text } from './text'
import { useStartJob } from './useJobs'

/** Ways out of a job that failed or was cancelled. */
export function JobRemedies({ job }: { job: Job }) {
  const start = useStartJob()
  const fallback = job.failure?.fallback
  const run = (strategy: string) => start.mutate({ body: { recordingId: job.recordingId, strategy } })
  return (
    <div className="grid justify-items-start gap-2">
      <div className="flex flex-wrap gap-2">
        <Button disabled={start.isPending} onClick={() => run(job.strategy)}>
          {text.tryAgain}
        </Button>
        {fallback && (
          <Button look="primary" disabled={start.isPending} onClick={() => run(fallback)}>
            {text.insteadUse(fallback)}
          </Button>
        )}
      </div>
      {start.isError && (
        <p role="alert" className="text-[13px] text-bad">
          {errorText(start.error)}
        </p>
      )}
    </div>
  )
}

/** Messages put commands between backticks. */
function WithCode({ children }: { children: string }) {
  return children.split('`').map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={part} className="rounded bg-raise px-1 py-0.5 font-mono text-xs text-text">
        {part}
      </code>
    ),
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
