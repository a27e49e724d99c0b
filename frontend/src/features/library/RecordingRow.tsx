import { Link } from '@tanstack/react-router'
import type { Recording } from '@/api/generated/types.gen'
import { CancelJob, isFinal, JobFailureText, JobRemedies, JobTree, jobText, useJobStream } from '@/features/jobs'
import { StemChip } from '@/ui/Chip'
import { clock, day } from '@/ui/format'
import { PlayIcon } from '@/ui/icons'
import { Waveform } from '@/ui/Waveform'
import { text } from './text'

function summary({ durationS, createdAt, latestJob }: Recording): string {
  const length = clock(durationS)
  if (latestJob === null) return `${length} · ${text.notSeparated}`
  if (latestJob.state === 'succeeded')
    return `${length} · ${text.added(day(new Date(createdAt)))} · ${latestJob.strategy}`
  return `${length} · ${jobText[latestJob.state]} · ${latestJob.strategy}`
}

function StemChips({ stems, short, className }: { stems: readonly string[]; short?: boolean; className: string }) {
  return (
    <ul className={`flex-wrap gap-1.5 ${className}`}>
      {stems.map((stem) => (
        <li key={stem} className="flex">
          <StemChip name={stem} short={short} />
        </li>
      ))}
    </ul>
  )
}

/** One recording in the list: how it looks and what it consists of, or how far its job is, or why that failed. */
export function RecordingRow({ recording }: { recording: Recording }) {
  const { title, overview, latestJob: job } = recording
  useJobStream(job)
  const active = job !== null && !isFinal(job.state)
  const playable = job !== null && job.stems.length > 0
  const broken = job?.state === 'failed' || job?.state === 'cancelled'
  const pictured = overview.length > 0 && !broken && !active
  return (
    <li className="relative grid grid-cols-[40px_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-3 px-4 py-3.5 hover:bg-raise/40 sm:px-[18px] md:grid-cols-[40px_minmax(160px,1.1fr)_minmax(0,2fr)_190px]">
      <span
        aria-hidden="true"
        className={`grid size-10 place-items-center rounded-full bg-raise text-base ${playable ? 'text-text' : 'text-faint'}`}
      >
        <PlayIcon />
      </span>
      <div className={`min-w-0 ${pictured ? '' : 'md:col-span-2'}`}>
        <Link
          to="/p/$profileName/recordings/$recordingId"
          params={{ profileName: recording.profile, recordingId: recording.id }}
          className="block truncate font-semibold after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-[-2px] focus-visible:after:outline-focus"
        >
          {title}
        </Link>
        <p className="text-[13px] text-muted">{summary(recording)}</p>
        {job?.state === 'succeeded' && <StemChips stems={job.stems} short className="mt-2 flex sm:hidden" />}
      </div>
      {pictured && <Waveform peaks={overview} className="hidden h-10 w-full text-muted md:block" />}
      <div className="relative col-start-3 row-start-1 flex items-center justify-end gap-2 md:col-start-4">
        {job?.state === 'succeeded' && <StemChips stems={job.stems} short className="hidden justify-end sm:flex" />}
        {active && <CancelJob job={job} title={title} compact />}
      </div>
      {active && (
        <div className="col-span-full grid gap-3 md:col-start-2">
          <JobTree job={job} title={title} />
          {job.stems.length > 0 && (
            <div className="flex flex-wrap items-center gap-2 text-[13px] text-muted">
              {jobText.ready}
              <StemChips stems={job.stems} className="flex" />
            </div>
          )}
        </div>
      )}
      {broken && (
        <div className="relative col-span-full grid gap-3 md:col-start-2">
          <JobFailureText job={job} />
          <JobRemedies job={job} />
        </div>
      )}
    </li>
  )
}
