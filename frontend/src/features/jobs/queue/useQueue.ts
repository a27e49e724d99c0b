import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import {
  getHealthOptions,
  getRecordingOptions,
  listJobsInfiniteOptions,
} from '@/api/generated/@tanstack/react-query.gen'
import type { JobState } from '@/api/generated/types.gen'
import { nextOffset } from '@/api/paging'

const HEALTH_MS = 5000
const QUEUE_MS = 2000
const PAGE = 50

/** Whether the service answers, has a worker, and how much it has to do. Asked every few seconds. */
export function useHealth() {
  return useQuery({ ...getHealthOptions(), refetchInterval: HEALTH_MS, retry: false })
}

/** Jobs in one state, newest first. */
export function useJobs(state: JobState) {
  return useInfiniteQuery({
    ...listJobsInfiniteOptions({ query: { state, limit: PAGE } }),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
    refetchInterval: QUEUE_MS,
  })
}

/** The song of a job: jobs carry its id only. */
export function useSong(id: string) {
  return useQuery(getRecordingOptions({ path: { recording_id: id } }))
}
