import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import type { Job } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { AppHeader } from '@/ui/AppHeader'
import { Button } from '@/ui/Button'
import { NoteIcon } from '@/ui/icons'
import { LoadingLine } from '@/ui/LoadingLine'
import { MoreButton } from '@/ui/MoreButton'
import { Notice } from '@/ui/Notice'
import { ProgressBar } from '@/ui/ProgressBar'
import { isFinal } from '../jobs'
import { CancelJob } from '../progress/CancelJob'
import { JobFailureText, JobRemedies } from '../progress/JobFailure'
import { useJobStream } from '../useJobs'
import { OfflineNote, StatusChip } from './StatusChip'
import { describeStanding, fractionDone } from './standing'
import { text } from './text'
import { useJobs, useSong } from './useQueue'

function JobRow({ job }: { job: Job }) {
  const title = useSong(job.recordingId).data?.title ?? text.unknownSong
  useJobStream(job)
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2.5 px-4 py-3.5 sm:px-[18px]">
      <div className="min-w-0">
        <Link
          to="/p/$profileName/recordings/$recordingId"
          params={{ profileName: job.profile, recordingId: job.recordingId }}
          className="block truncate rounded-sm font-semibold hover:underline"
        >
          {title}
        </Link>
        <p className="text-[13px] text-muted">
          {job.strategy} · {describeStanding(job)}
        </p>
      </div>
      {!isFinal(job.state) && <CancelJob job={job} title={title} compact />}
      {job.state === 'running' && (
        <ProgressBar className="col-span-2" label={text.progress(title)} fraction={fractionDone(job)} />
      )}
      {job.state === 'failed' && (
        <div className="col-span-2 grid gap-3">
          <JobFailureText job={job} />
          <JobRemedies job={job} />
        </div>
      )}
    </li>
  )
}

function Jobs({ title, jobs, query }: { title: string; jobs: readonly Job[]; query: ReturnType<typeof useJobs> }) {
  const id = useId()
  const total = query.data?.pages[0]?.total ?? 0
  if (jobs.length === 0) return null
  return (
    <section aria-labelledby={id} className="grid gap-3">
      <div className="flex items-baseline gap-3">
        <h2 id={id} className="text-[15px] font-semibold tracking-tight">
          {title}
        </h2>
        <span className="text-[13px] text-faint">{text.count(total)}</span>
      </div>
      <ul className="divide-y divide-line overflow-hidden rounded-[14px] border border-line bg-surface">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </ul>
      <MoreButton list={query} label={text.more} />
    </section>
  )
}

const jobsOf = (query: ReturnType<typeof useJobs>) => query.data?.pages.flatMap(({ items }) => items) ?? []
const byPlace = (a: Job, b: Job) => (a.queuePosition ?? 0) - (b.queuePosition ?? 0)

/** What the workers do and what waits for them, over all profiles; and what failed, to try it again. */
export function QueueScreen() {
  const running = useJobs('running')
  const queued = useJobs('queued')
  const failed = useJobs('failed')
  const queries = [running, queued, failed]
  const broken = queries.find(({ isError, data }) => isError && data === undefined)
  const pending = queries.some(({ isPending }) => isPending)
  const idle = !pending && !broken && jobsOf(running).length + jobsOf(queued).length === 0
  return (
    <>
      <title>{text.pageTitle}</title>
      <AppHeader>
        <span className="flex-1" />
        <StatusChip />
      </AppHeader>
      <main id="content" className="mx-auto grid w-full max-w-[860px] content-start gap-6 px-4 py-7 sm:px-6">
        <div>
          <h1 className="text-[22px] font-semibold tracking-tight">{text.title}</h1>
          <p className="text-muted">{text.hint}</p>
        </div>
        <OfflineNote />
        {pending && !broken && <LoadingLine>{text.loading}</LoadingLine>}
        {broken && (
          <Notice
            urgent
            title={text.failed}
            actions={<Button onClick={() => queries.forEach((query) => void query.refetch())}>{text.retry}</Button>}
          >
            {errorText(broken.error)}
          </Notice>
        )}
        {idle && (
          <Notice icon={<NoteIcon />} title={text.empty}>
            {text.emptyHint}
          </Notice>
        )}
        <Jobs title={text.running} jobs={jobsOf(running)} query={running} />
        <Jobs title={text.waiting} jobs={jobsOf(queued).toSorted(byPlace)} query={queued} />
        <Jobs title={text.ended} jobs={jobsOf(failed)} query={failed} />
      </main>
    </>
  )
}
