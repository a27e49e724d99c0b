import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { getPlayer, type Job } from '@/api/generated'
import { errorText } from '@/api/problem'
import { AppHeader } from '@/ui/AppHeader'
import { Button } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { Deck } from './Deck'

interface PlayerScreenProps {
  profileName: string
  recordingId: string
  /** The job as it stands, while it may still bring new stems. */
  job?: Job | undefined
  /** What else there is to say about the recording, shown under the header. */
  banner?: ReactNode
  /** Ways to other jobs of the recording, shown in the header. */
  jobs?: ReactNode
}

/** The whole page of a recording that has stems, header included. */
export function PlayerScreen({ profileName, recordingId, job, banner, jobs }: PlayerScreenProps) {
  const player = useQuery({
    // A stem that has become ready is a reason to ask again.
    queryKey: ['player', recordingId, job?.id, job?.state, job?.stems.length],
    queryFn: async ({ signal }) => {
      const query = job && { job: job.id }
      const { data } = await getPlayer({ path: { recording_id: recordingId }, query, signal, throwOnError: true })
      return data
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (player.data) {
    return (
      <Deck
        key={player.data.jobId}
        profileName={profileName}
        data={player.data}
        job={job}
        banner={banner}
        jobs={jobs}
      />
    )
  }
  return (
    <>
      <AppHeader />
      {banner}
      <main id="content" className="mx-auto w-full max-w-[1120px] px-4 py-10 sm:px-6">
        {player.isPending ? (
          <p role="status" className="py-24 text-center text-muted">
            Opening the recording …
          </p>
        ) : (
          <Notice
            urgent
            title="The player could not be opened"
            actions={
              <Button look="primary" onClick={() => player.refetch()}>
                Try again
              </Button>
            }
          >
            {errorText(player.error)}
          </Notice>
        )}
      </main>
    </>
  )
}
