import { Link } from '@tanstack/react-router'
import type { Job } from '@/api/generated/types.gen'
import { buttonClass } from '@/ui/Button'
import { StemChip } from '@/ui/Chip'
import { formatMoment } from '@/ui/format'
import { PlayIcon } from '@/ui/icons'
import { nameOf, recordingOf } from '../jobs'
import { text as jobText } from '../text'
import { text } from './text'

function Row({ job, shown }: { job: Job; shown: boolean }) {
  const params = { profileName: job.profile, recordingId: recordingOf(job) }
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium wrap-anywhere">
          {nameOf(job)}
          {shown && <span className="font-normal text-faint"> · {text.here}</span>}
        </p>
        <p className="text-[13px] text-muted">
          <span className={job.state === 'failed' ? 'text-bad' : ''}>{jobText[job.state]}</span>
          {` · ${formatMoment(new Date(job.createdAt))}`}
          {job.attempt > 1 && ` · ${text.attempt(job.attempt)}`}
        </p>
      </div>
      <ul className="flex flex-wrap gap-1.5">
        {job.stems.map((stem) => (
          <li key={stem} className="flex">
            <StemChip name={stem} short />
          </li>
        ))}
      </ul>
      <div className="flex gap-2">
        {job.stems.length > 0 && (
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={params}
            search={{ job: job.id }}
            aria-label={text.playOf(nameOf(job))}
            className={buttonClass()}
          >
            <PlayIcon />
            {text.play}
          </Link>
        )}
        {!shown && (
          <Link
            to="/p/$profileName/recordings/$recordingId/jobs/$jobId"
            params={{ ...params, jobId: job.id }}
            aria-label={text.detailsOf(nameOf(job))}
            className={buttonClass('quiet')}
          >
            {text.details}
          </Link>
        )}
      </div>
    </li>
  )
}

/** The jobs of a recording, newest first. shown: the one that this page is about. */
export function JobList({ jobs, shown }: { jobs: readonly Job[]; shown?: string }) {
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line">
      {jobs.map((job) => (
        <Row key={job.id} job={job} shown={job.id === shown} />
      ))}
    </ul>
  )
}
