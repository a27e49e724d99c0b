import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { listProfilesOptions } from '@/api/generated/@tanstack/react-query.gen'
import type { Job, Recording } from '@/api/generated/types.gen'
import { errorText, isNotFound } from '@/api/problem'
import { Breadcrumb } from '@/ui/Breadcrumb'
import { buttonClass } from '@/ui/Button'
import { Chip } from '@/ui/Chip'
import { formatMoment, formatRoughTime } from '@/ui/format'
import { DownloadIcon, PlayIcon } from '@/ui/icons'
import { LoadingLine } from '@/ui/LoadingLine'
import { Page, Section } from '@/ui/Page'
import { ProfileLink } from '@/ui/ProfileLink'
import { announceJob, isFinal } from '../jobs'
import { CancelJob } from '../progress/CancelJob'
import { JobFailureText, JobRemedies } from '../progress/JobFailure'
import { JobTree } from '../progress/JobTree'
import { OfflineNote } from '../queue/StatusChip'
import { text as jobText } from '../text'
import { InputFacts, RunFacts, StemFacts, StepFacts } from './ManifestFacts'
import { RecordingJobs } from './RecordingJobs'
import { text } from './text'
import { Unavailable } from './Unavailable'
import { useJob, useManifest, useRecordingOf } from './useJob'

interface Address {
  profileName: string
  recordingId: string
}

function Crumb({ profileName, recordingId, title }: Address & { title: string }) {
  const profiles = useQuery(listProfilesOptions())
  const profile = profiles.data?.find(({ name }) => name === profileName)
  return (
    <Breadcrumb
      steps={[
        { from: 'lg', content: <ProfileLink name={profileName} title={profile?.title} /> },
        {
          content: (
            <Link
              to="/p/$profileName/recordings/$recordingId"
              params={{ profileName, recordingId }}
              className="block truncate rounded-sm py-2 hover:text-text"
            >
              {title}
            </Link>
          ),
        },
        { from: 'sm', content: <span className="whitespace-nowrap">{text.details}</span> },
      ]}
    />
  )
}

const DOTS = { queued: 'warn', running: 'busy', succeeded: 'good', failed: 'bad', cancelled: 'warn' } as const

function JobHeading({ job, recording }: { job: Job; recording: Recording }) {
  return (
    <div className="flex flex-wrap items-start justify-between gap-4">
      <div className="min-w-0">
        <h1 className="text-[22px] font-semibold tracking-tight wrap-anywhere">{recording.title}</h1>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
          <Chip dot={DOTS[job.state]}>
            <b className="font-medium text-text">{job.strategy}</b> {jobText[job.state]}
          </Chip>
          <span>
            {text.begun(formatMoment(new Date(job.createdAt)))}
            {job.attempt > 1 && ` · ${text.attempt(job.attempt)}`}
          </span>
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        {job.stems.length > 0 && (
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={{ profileName: job.profile, recordingId: job.recordingId }}
            search={{ job: job.id }}
            className={buttonClass('primary')}
          >
            <PlayIcon />
            {text.play}
          </Link>
        )}
        {isFinal(job.state) && (
          <a href={`/api/jobs/${job.id}/manifest`} download={`${recording.title}.json`} className={buttonClass()}>
            <DownloadIcon className="text-base" />
            {text.manifest}
          </a>
        )}
      </div>
    </div>
  )
}

function describeProspects({ queuePosition, etaS }: Job): string | null {
  if (queuePosition !== null) return text.position(queuePosition)
  return etaS === null ? null : text.left(formatRoughTime(etaS))
}

function ProgressSection({ job, title }: { job: Job; title: string }) {
  const note = describeProspects(job)
  return (
    <Section title={text.steps} {...(note !== null && { note })}>
      <JobTree job={job} title={title} />
      <div>
        <CancelJob job={job} title={title} />
      </div>
    </Section>
  )
}

function ManifestSections({ job }: { job: Job }) {
  const query = useManifest(job)
  const manifest = query.data
  if (manifest === undefined) {
    if (query.isPending) return null
    return (
      <Section title={text.run}>
        <p className="text-[13px] text-muted">{isNotFound(query.error) ? text.noManifest : errorText(query.error)}</p>
      </Section>
    )
  }
  return (
    <>
      <StepFacts job={job} manifest={manifest} />
      {manifest.stems.length > 0 && <StemFacts manifest={manifest} />}
      <InputFacts manifest={manifest} />
      <RunFacts job={job} manifest={manifest} />
    </>
  )
}

/** Everything about one job: what it does or did, and with what; beside it the other jobs of its recording. */
export function JobScreen({ profileName, recordingId, jobId }: Address & { jobId: string }) {
  const query = useJob(jobId)
  const song = useRecordingOf(recordingId)
  const job = query.data?.recordingId === recordingId ? query.data : undefined
  const recording = song.data
  const [openedAt] = useState(Date.now)
  const crumb = <Crumb profileName={profileName} recordingId={recordingId} title={recording?.title ?? '…'} />
  if (job !== undefined && recording !== undefined) {
    return (
      <Page title={text.pageTitle(job.strategy, recording.title)} crumb={crumb}>
        <JobPage job={job} recording={recording} openedAt={openedAt} />
      </Page>
    )
  }
  const error = query.error ?? song.error
  if (error === null && (query.isPending || song.isPending)) {
    return (
      <Page title={profileName} crumb={crumb}>
        <LoadingLine>{text.loading}</LoadingLine>
      </Page>
    )
  }
  return (
    <Page title={text.missing} crumb={crumb}>
      <Unavailable error={error} words={text} profileName={profileName} onRetry={() => query.refetch()} />
    </Page>
  )
}

/** openedAt: what ended before it, in milliseconds since the epoch, is not spoken. */
function JobPage({ job, recording, openedAt }: { job: Job; recording: Recording; openedAt: number }) {
  const over = isFinal(job.state)
  const news = !over || (job.finishedAt !== null && Date.parse(job.finishedAt) >= openedAt)
  return (
    <>
      <OfflineNote />
      <JobHeading job={job} recording={recording} />
      <p role="status" className="sr-only">
        {news && announceJob(job, recording.title)}
      </p>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
          {(job.state === 'failed' || job.state === 'cancelled') && (
            <Section title={jobText[job.state].replace(/^./, (first) => first.toUpperCase())}>
              <JobFailureText job={job} />
              <JobRemedies job={job} />
            </Section>
          )}
          {over ? <ManifestSections job={job} /> : <ProgressSection job={job} title={recording.title} />}
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
          <RecordingJobs recording={recording} shown={job.id} />
        </div>
      </div>
    </>
  )
}
