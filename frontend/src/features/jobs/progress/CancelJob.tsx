import type { Job } from '@/api/generated/types.gen'
import { Button, IconButton } from '@/ui/Button'
import { CloseIcon } from '@/ui/icons'
import { text } from '../text'
import { useCancelJob } from '../useJobs'

/** Stops a job; the worker lets go at the next report, so the button stays pressed until the job says so. */
export function CancelJob({ job, title, compact = false }: { job: Job; title: string; compact?: boolean }) {
  const cancel = useCancelJob()
  const asked = cancel.isPending || cancel.isSuccess
  const ask = () => cancel.mutate({ path: { job_id: job.id } })
  if (compact) {
    return (
      <IconButton label={asked ? text.cancelling : text.cancelOf(title)} disabled={asked} onClick={ask}>
        <CloseIcon />
      </IconButton>
    )
  }
  return (
    <Button disabled={asked} onClick={ask}>
      {asked ? text.cancelling : text.cancel}
    </Button>
  )
}
