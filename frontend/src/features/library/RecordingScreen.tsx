import { Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText, isNotFound } from '@/api/problem'
import { StrategyPicker } from '@/features/catalogue'
import { jobText, RecordingJobs, useJob, useJobStream, useJobsOf, useStartJob } from '@/features/jobs'
import { useDefaultStrategy } from '@/features/settings'
import { AppHeader } from '@/ui/AppHeader'
import { Button, buttonClass } from '@/ui/Button'
import { clock } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { JobPanel } from './JobPanel'
import { LiveStatus } from './LiveStatus'
import { text } from './text'
import { useProfiles, useRecording, useStrategies } from './useLibrary'

const PlayedRecording = lazy(() => import('./PlayedRecording').then((module) => ({ default: module.PlayedRecording })))

function Frame({ title, crumb, children }: { title: string; crumb: ReactNode; children: ReactNode }) {
  return (
    <>
      <title>{text.pageTitle(title)}</title>
      <AppHeader>{crumb}</AppHeader>
      <main id="content" className="mx-auto grid w-full max-w-[860px] gap-5 px-4 py-8 sm:px-6">
        {children}
      </main>
    </>
  )
}

function Crumb({ profileName, title }: { profileName: string; title: string }) {
  const profile = useProfiles().data?.find(({ name }) => name === profileName)
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-2 text-muted">
        <li className="hidden sm:block">
          <Link to="/p/$profileName" params={{ profileName }} className="rounded-sm whitespace-nowrap hover:text-text">
            {profile?.title ?? profileName}
          </Link>
        </li>
        <li aria-hidden="true" className="hidden sm:block">
          /
        </li>
        <li aria-current="page" className="truncate font-medium text-text">
          {title}
        </li>
      </ol>
    </nav>
  )
}

function StartFirstJob({ recording }: { recording: Recording }) {
  const strategies = useStrategies().data ?? []
  const profile = useProfiles().data?.find(({ name }) => name === recording.profile)
  const preferred = useDefaultStrategy(recording.profile, strategies)
  const [chosen, setChosen] = useState<string | null>(null)
  const start = useStartJob()
  const strategy = chosen ?? preferred ?? profile?.strategy ?? strategies[0]?.name
  if (strategy === undefined) return null
  return (
    <div className="grid max-w-md gap-4">
      <p className="text-muted">{text.separateHint}</p>
      <StrategyPicker strategies={strategies} value={strategy} onChange={setChosen} />
      <Button
        look="primary"
        className="justify-self-start"
        disabled={start.isPending}
        onClick={() => start.mutate({ body: { recordingId: recording.id, strategy } })}
      >
        {text.separate}
      </Button>
      {start.isError && (
        <p role="alert" className="text-[13px] text-bad">
          {errorText(start.error)}
        </p>
      )}
    </div>
  )
}

/**
 * One recording: its player as soon as a stem is there, until then what its job does.
 *
 * jobId: the job that is asked for; null takes the newest.
 */
export function RecordingScreen({
  profileName,
  recordingId,
  jobId,
}: {
  profileName: string
  recordingId: string
  jobId: string | null
}) {
  const query = useRecording(recordingId)
  const asked = useJob(jobId)
  const recording = query.data
  const newest = recording?.latestJob ?? null
  const listed = useJobsOf(recordingId).data?.pages.flatMap(({ items }) => items)
  const job = (jobId === null ? newest : (asked.data ?? listed?.find(({ id }) => id === jobId))) ?? null
  const [openedAt] = useState(Date.now)
  useJobStream(jobId === null ? newest : null)

  if (jobId !== null && (asked.isError || (asked.data && asked.data.recordingId !== recordingId))) {
    return <JobMissing profileName={profileName} recordingId={recordingId} />
  }
  if (recording === undefined || (jobId !== null && job === null)) {
    if (query.isPending || recording !== undefined) {
      return (
        <Frame title={profileName} crumb={null}>
          <p role="status" className="text-muted">
            {text.loadingRecording}
          </p>
        </Frame>
      )
    }
    const missing = isNotFound(query.error)
    return (
      <Frame title={text.noRecording} crumb={null}>
        <Notice
          level="h1"
          urgent={!missing}
          title={missing ? text.noRecording : text.recordingFailed}
          actions={
            <>
              {!missing && <Button onClick={() => query.refetch()}>{text.retry}</Button>}
              <Link to="/p/$profileName" params={{ profileName }} className={buttonClass()}>
                {text.back}
              </Link>
            </>
          }
        >
          {missing ? text.noRecordingHint : errorText(query.error)}
        </Notice>
      </Frame>
    )
  }

  const crumb = <Crumb profileName={profileName} title={recording.title} />
  if (job !== null && job.stems.length > 0) {
    return (
      <>
        <Suspense fallback={<AppHeader>{crumb}</AppHeader>}>
          <PlayedRecording profileName={profileName} recording={recording} job={job} newest={newest} />
        </Suspense>
        <LiveStatus since={openedAt} recordings={[recording]} />
      </>
    )
  }
  return (
    <Frame title={recording.title} crumb={crumb}>
      <div>
        <h1 className="text-[22px] font-semibold tracking-tight">{recording.title}</h1>
        <p className="text-muted">
          {clock(recording.durationS)}
          {job && ` · ${jobText[job.state]} · ${job.strategy}`}
        </p>
      </div>
      {job === null ? <StartFirstJob recording={recording} /> : <JobPanel job={job} title={recording.title} />}
      {job !== null && <RecordingJobs recording={recording} shown={job.id} />}
      <LiveStatus since={openedAt} recordings={[recording]} />
    </Frame>
  )
}

function JobMissing({ profileName, recordingId }: { profileName: string; recordingId: string }) {
  return (
    <Frame title={text.noJob} crumb={null}>
      <Notice
        level="h1"
        title={text.noJob}
        actions={
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={{ profileName, recordingId }}
            className={buttonClass()}
          >
            {text.newestJob}
          </Link>
        }
      />
    </Frame>
  )
}
