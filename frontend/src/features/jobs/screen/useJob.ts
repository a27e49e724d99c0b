import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getJobOptions, getRecordingOptions, listJobsInfiniteOptions } from '@/api/generated/@tanstack/react-query.gen'
import { getManifest } from '@/api/generated/sdk.gen'
import type { Job } from '@/api/generated/types.gen'
import { nextOffset } from '@/api/paging'
import { isFinal, recordingOf } from '../jobs'
import { useJobStream } from '../useJobs'
import { chooseVersions } from './choices'

const QUEUED_MS = 1000
const RUNNING_MS = 4000
const PAGE = 20

function pollInterval(jobs: readonly Job[]): number | false {
  if (jobs.some(({ state }) => state === 'queued')) return QUEUED_MS
  return jobs.every(({ state }) => isFinal(state)) ? false : RUNNING_MS
}

/** One job as it goes on; null asks for none. */
export function useJob(id: string | null) {
  const query = useQuery({
    ...getJobOptions({ path: { job_id: id ?? '' } }),
    enabled: id !== null,
    refetchInterval: ({ state }) => pollInterval(state.data ? [state.data] : []),
  })
  useJobStream(query.data ?? null)
  return query
}

/** Reads a job's manifest once it is over. */
export function useManifest(job: Job | undefined) {
  const id = job?.id ?? ''
  return useQuery({
    // A job that is tried again writes another one.
    queryKey: ['manifest', id, job?.attempt],
    queryFn: async ({ signal }) => (await getManifest({ path: { job_id: id }, signal, throwOnError: true })).data,
    enabled: job !== undefined && isFinal(job.state),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useRecordingOf(id: string) {
  return useQuery(getRecordingOptions({ path: { recording_id: id } }))
}

/** The jobs of a recording, newest first. */
export function useJobsOf(recordingId: string) {
  return useInfiniteQuery({
    ...listJobsInfiniteOptions({ query: { recording: recordingId, limit: PAGE } }),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => pollInterval(state.data?.pages.flatMap(({ items }) => items) ?? []),
  })
}

/** Returns the jobs of a recording that can be listened to side by side, this one among them. */
export function useVersions(job: Job): Job[] {
  const list = useJobsOf(recordingOf(job))
  return chooseVersions(list.data?.pages.flatMap(({ items }) => items) ?? [], job)
}
