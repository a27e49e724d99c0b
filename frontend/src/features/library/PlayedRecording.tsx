import type { Job, Recording } from '@/api/generated/types.gen'
import { describeActivity, isFinal, JobSwitch, jobText, OlderNote, useVersions } from '@/features/jobs'
import { PlayerScreen } from '@/features/player'
import { JobPanel } from './JobPanel'

interface PlayedRecordingProps {
  profileName: string
  recording: Recording
  job: Job
  newest: Job | null
}

/** A recording that has stems: its player, and what there is to say of the job that makes them. */
export function PlayedRecording({ profileName, recording, job, newest }: PlayedRecordingProps) {
  const versions = useVersions(job)
  return (
    <PlayerScreen
      profileName={profileName}
      recordingId={recording.id}
      job={job}
      compared={versions}
      jobs={<JobSwitch job={job} />}
      banner={
        <>
          <OlderNote job={job} newest={newest} />
          <JobBanner job={job} title={recording.title} />
        </>
      }
    />
  )
}

/** What there is to say of a job whose stems are partly there: folded while it goes well. */
function JobBanner({ job, title }: { job: Job; title: string }) {
  if (job.state === 'succeeded') return null
  const over = isFinal(job.state)
  return (
    <section aria-label={jobText.tree(title)} className="border-b border-line bg-surface px-5 py-2.5">
      <details open={over}>
        <summary className="text-[13px] text-muted">
          {job.strategy} · {jobText[job.state]}
          {!over && ` · ${describeActivity(job)}`}
        </summary>
        <div className="max-w-[860px] py-3">
          <JobPanel job={job} title={title} />
        </div>
      </details>
    </section>
  )
}
