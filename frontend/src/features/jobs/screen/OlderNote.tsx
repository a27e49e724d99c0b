import { Link } from '@tanstack/react-router'
import type { Job } from '@/api/generated/types.gen'
import { formatMoment } from '@/ui/format'
import { nameOf, recordingOf } from '../jobs'
import { text } from './text'

/** Says that what is heard is not the newest separation of the song, and leads there. */
export function OlderNote({ job, newest }: { job: Job; newest: Job | null }) {
  if (newest === null || newest.id === job.id) return null
  return (
    <p className="flex flex-wrap gap-x-3 border-b border-line bg-surface px-5 py-2 text-[13px] text-muted">
      {text.older(nameOf(job), formatMoment(new Date(job.createdAt)))}
      <Link
        to="/p/$profileName/recordings/$recordingId"
        params={{ profileName: job.profile, recordingId: recordingOf(job) }}
        className="text-text underline underline-offset-2"
      >
        {text.newest}
      </Link>
    </p>
  )
}
