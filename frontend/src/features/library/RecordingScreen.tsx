import { Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import type { Job, Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { StrategyPicker } from '@/features/catalogue'
import { jobText, RecordingJobs, Unavailable, useJob, useJobStream, useJobsOf, useStartJob } from '@/features/jobs'
import { useDefaultStrategy } from '@/features/settings'
import { AppHeader } from '@/ui/AppHeader'
import { Breadcrumb } from '@/ui/Breadcrumb'
import { Button, buttonClass } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { formatClock } from '@/ui/format'
import { LoadingLine } from '@/ui/LoadingLine'
import { Notice } from '@/ui/Notice'
import { ProfileLink } from '@/ui/ProfileLink'
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
    <Breadcrumb
      steps={[{ from: 'sm', content: <ProfileLink name={profileName} title={profile?.title} /> }, { content: title }]}
    />
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
      {start.isError && <ErrorLine>{errorText(start.error)}</ErrorLine>}
    </div>
  )
}

interface RecordingScreenProps {
  profileName: string
  recordingId: string
  /** The job that is asked for; null takes the newest. */
  jobId: string | null
}

/** One recording: its player as soon as a stem is there, until then what its job does. */
export function RecordingScreen({ profileName, recordingId, jobId }: RecordingScreenProps) {
  const query = useRecording(recordingId)
  const { job, missing } = useShownJob(recordingId, jobId, query.data)
  const [openedAt] = useState(Date.now)
  if (missing) return <JobMissing profileName={profileName} recordingId={recordingId} />
  if (query.data !== undefined && job !== undefined) {
    return (
      <>
        <RecordingPage profileName={profileName} recording={query.data} job={job} />
        <LiveStatus since={openedAt} recordings={[query.data]} />
      </>
    )
  }
  if (query.isPending || query.data !== undefined) {
    return (
      <Frame title={profileName} crumb={null}>
        <LoadingLine>{text.loadingRecording}</LoadingLine>
      </Frame>
    )
  }
  return (
    <Frame title={text.noRecording} crumb={null}>
      <Unavailable
        error={query.error}
        words={text.unavailable}
        profileName={profileName}
        onRetry={() => query.refetch()}
      />
    </Frame>
  )
}

/**
 * Follows the job that is asked for, or the recording's newest. job: undefined while it is loading, null when the
 * recording has none. missing: the job that is asked for does not exist, or is another recording's.
 */
function useShownJob(recordingId: string, jobId: string | null, recording: Recording | undefined) {
  const asked = useJob(jobId)
  const newest = recording?.latestJob ?? null
  const listed = useJobsOf(recordingId).data?.pages.flatMap(({ items }) => items)
  useJobStream(jobId === null ? newest : null)
  if (jobId === null) return { job: newest, missing: false }
  const missing = asked.isError || (asked.data !== undefined && asked.data.recordingId !== recordingId)
  return { job: asked.data ?? listed?.find(({ id }) => id === jobId), missing }
}

interface RecordingPageProps {
  profileName: string
  recording: Recording
  job: Job | null
}

function RecordingPage({ profileName, recording, job }: RecordingPageProps) {
  const crumb = <Crumb profileName={profileName} title={recording.title} />
  if (job !== null && job.stems.length > 0) {
    return (
      <Suspense fallback={<AppHeader>{crumb}</AppHeader>}>
        <PlayedRecording profileName={profileName} recording={recording} job={job} newest={recording.latestJob} />
      </Suspense>
    )
  }
  return (
    <Frame title={recording.title} crumb={crumb}>
      <div>
        <h1 className="text-[22px] font-semibold tracking-tight">{recording.title}</h1>
        <p className="text-muted">
          {formatClock(recording.durationS)}
          {job && ` · ${jobText[job.state]} · ${job.strategy}`}
        </p>
      </div>
      {job === null ? <StartFirstJob recording={recording} /> : <JobPanel job={job} title={recording.title} />}
      {job !== null && <RecordingJobs recording={recording} shown={job.id} />}
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
