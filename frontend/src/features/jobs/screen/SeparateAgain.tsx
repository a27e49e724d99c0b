import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { Job, Recording, Strategy } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { StrategyPicker } from '@/features/catalogue'
import { Button } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { formatMoment } from '@/ui/format'
import { nameOf } from '../jobs'
import { useStartJob } from '../useJobs'
import { text } from './text'

/** The first strategy that has not run on the song yet, else the first of all. */
function nextStrategy(strategies: readonly Strategy[], jobs: readonly Job[]): string | undefined {
  const fresh = strategies.find(({ name, ready }) => ready && !jobs.some(({ strategy }) => strategy === name))
  return (fresh ?? strategies[0])?.name
}

interface SeparateAgainProps {
  recording: Recording
  jobs: readonly Job[]
  strategies: readonly Strategy[]
}

/** Starts another job on a song. One whose strategy has run already is shown, unless it is forced to run anew. */
export function SeparateAgain({ recording, jobs, strategies }: SeparateAgainProps) {
  const navigate = useNavigate()
  const start = useStartJob()
  const [chosen, setChosen] = useState<string | null>(null)
  const [force, setForce] = useState(false)
  const strategy = chosen ?? nextStrategy(strategies, jobs)
  const before = jobs.find((job) => job.strategy === strategy && job.state === 'succeeded')
  if (strategy === undefined) return null

  const choose = (name: string) => {
    setChosen(name)
    setForce(false)
  }
  const run = () =>
    start.mutate(
      { body: { recordingId: recording.id, strategy, force: before !== undefined && force } },
      {
        onSuccess: (job) =>
          navigate({
            to: '/p/$profileName/recordings/$recordingId/jobs/$jobId',
            params: { profileName: recording.profile, recordingId: recording.id, jobId: job.id },
          }),
      },
    )
  return (
    <div className="grid max-w-md gap-3">
      <StrategyPicker strategies={strategies} value={strategy} onChange={choose} />
      {before && <RanBefore job={before} force={force} onForce={setForce} />}
      <Button look="primary" className="justify-self-start" disabled={start.isPending} onClick={run}>
        {before && !force ? text.show : text.start}
      </Button>
      {start.isError && <ErrorLine>{errorText(start.error)}</ErrorLine>}
    </div>
  )
}

/** Says that a strategy has run already, and lets one choose to run it again. */
function RanBefore({ job, force, onForce }: { job: Job; force: boolean; onForce: (force: boolean) => void }) {
  const id = useId()
  return (
    <div className="grid gap-2 text-[13px] text-muted">
      <p>{text.ranBefore(nameOf(job), formatMoment(new Date(job.createdAt)))}</p>
      <span className="flex items-center gap-2">
        <input
          id={id}
          type="checkbox"
          checked={force}
          onChange={(event) => onForce(event.target.checked)}
          className="size-4 accent-focus"
        />
        <label htmlFor={id} className="py-1 text-text">
          {text.force}
        </label>
      </span>
    </div>
  )
}
