import { useQuery } from '@tanstack/react-query'
import { listStrategiesOptions } from '@/api/generated/@tanstack/react-query.gen'
import type { Recording } from '@/api/generated/types.gen'
import { ErrorLine } from '@/ui/ErrorLine'
import { MoreButton } from '@/ui/MoreButton'
import { Section } from '@/ui/Page'
import { JobList } from './JobList'
import { SeparateAgain } from './SeparateAgain'
import { text } from './text'
import { useJobsOf } from './useJob'

/** Every job of a recording, and a way to start another. shown: the job that this page is about. */
export function RecordingJobs({ recording, shown }: { recording: Recording; shown?: string }) {
  const list = useJobsOf(recording.id)
  const strategies = useQuery(listStrategiesOptions())
  const jobs = list.data?.pages.flatMap(({ items }) => items)
  return (
    <>
      {(jobs === undefined ? list.isError : jobs.length > 0) && (
        <Section title={text.all} note={text.allNote}>
          {jobs ? (
            <JobList jobs={jobs} {...(shown !== undefined && { shown })} />
          ) : (
            <ErrorLine>{text.allFailed}</ErrorLine>
          )}
          <MoreButton list={list} label={text.more} />
        </Section>
      )}
      {jobs && strategies.data && (
        <Section title={text.again} note={text.againNote}>
          <SeparateAgain recording={recording} jobs={jobs} strategies={strategies.data} />
        </Section>
      )}
    </>
  )
}
