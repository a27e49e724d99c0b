import { keepPreviousData, queryOptions, useQueries, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { getPlayer, type Job } from '@/api/generated'
import { errorText } from '@/api/problem'
import { AppHeader } from '@/ui/AppHeader'
import { Button } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { Deck } from '../deck/Deck'
import { Crumbs, StrategyChip } from '../deck/Header'
import { fromWire, NEUTRAL } from '../state/mix'
import { useSavedMix } from '../state/useMix'
import { text } from '../text'

interface PlayerScreenProps {
  profileName: string
  recordingId: string
  /** The job as it stands, while it may still bring new stems. */
  job: Job
  /** Other jobs of the recording that can be listened to beside this one. */
  compared: readonly Job[]
  /** What else there is to say about the recording, shown under the header. */
  banner?: ReactNode
  /** Ways to other jobs of the recording, shown in the header. */
  jobs?: ReactNode
}

function playerOptions(recordingId: string, job: Job) {
  return queryOptions({
    // A stem that has become ready is a reason to ask again.
    queryKey: ['player', recordingId, job.id, job.state, job.stems.length],
    queryFn: async ({ signal }) => {
      const path = { recording_id: recordingId }
      const { data } = await getPlayer({ path, query: { job: job.id }, signal, throwOnError: true })
      return data
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The whole page of a recording that has stems, header included. */
export function PlayerScreen({ profileName, recordingId, job, compared, banner, jobs }: PlayerScreenProps) {
  const player = useQuery({ ...playerOptions(recordingId, job), placeholderData: keepPreviousData })
  const others = useQueries({
    queries: compared.filter(({ id }) => id !== job.id).map((other) => playerOptions(recordingId, other)),
  })
  const mix = useSavedMix(recordingId)
  if (!player.data || mix.isPending) {
    return <Opening banner={banner} error={player.isError ? player.error : null} onRetry={() => player.refetch()} />
  }
  const { data } = player
  const running = job.state === 'queued' || job.state === 'running'
  return (
    <Deck
      data={data}
      title={data.title}
      mix={mix.data ? fromWire(mix.data.mix, data.frames) : NEUTRAL}
      saved={mix.data ?? null}
      pending={running ? job.expectedStems.filter((name) => !data.stems.some((stem) => stem.name === name)) : []}
      compared={others.flatMap(({ data: other }) => other ?? [])}
      editable
      heading={
        <>
          <Crumbs profileName={profileName} title={data.title} />
          <StrategyChip data={data} />
          {jobs}
        </>
      }
      banner={
        <>
          {banner}
          {mix.isError && (
            <p role="alert" className="note-bar">
              {text.notKept}
            </p>
          )}
        </>
      }
    />
  )
}

interface OpeningProps {
  banner?: ReactNode
  /** null while it is still loading. */
  error: unknown
  onRetry: () => void
}

/** In the player's place until there is one. */
export function Opening({ banner, error, onRetry }: OpeningProps) {
  return (
    <>
      <AppHeader />
      {banner}
      <main id="content" className="mx-auto w-full max-w-[1120px] px-4 py-10 sm:px-6">
        {error === null ? (
          <p role="status" className="py-24 text-center text-muted">
            {text.opening}
          </p>
        ) : (
          <Notice
            urgent
            level="h1"
            title={text.notOpened}
            actions={
              <Button look="primary" onClick={onRetry}>
                {text.retry}
              </Button>
            }
          >
            {errorText(error)}
          </Notice>
        )}
      </main>
    </>
  )
}
