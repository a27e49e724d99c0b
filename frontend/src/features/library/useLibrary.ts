import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import {
  getConfigOptions,
  getRecordingOptions,
  listProfilesOptions,
  listRecordingsInfiniteOptions,
  listStrategiesOptions,
} from '@/api/generated/@tanstack/react-query.gen'
import type { Recording } from '@/api/generated/types.gen'
import { isFinal } from '@/features/jobs'

const PAGE = 50
const QUEUED_MS = 1000
const RUNNING_MS = 4000
const RECONNECT_MS = 5000
const CATALOGUE_MS = 60_000

/** When to ask again: soon while a job may start at any moment, seldom while its stream tells the news. */
function nextPoll(recordings: readonly Recording[]): number | false {
  const states = recordings.flatMap(({ latestJob }) => (latestJob ? [latestJob.state] : []))
  if (states.includes('queued')) return QUEUED_MS
  return states.every(isFinal) ? false : RUNNING_MS
}

/** What changes rarely; asked again until it came once. */
const CATALOGUE = {
  staleTime: CATALOGUE_MS,
  refetchInterval: ({ state }: { state: { status: string } }) => (state.status === 'error' ? RECONNECT_MS : false),
} as const

export function useConfig() {
  return useQuery({ ...getConfigOptions(), ...CATALOGUE })
}

export function useProfiles() {
  return useQuery({ ...listProfilesOptions(), ...CATALOGUE })
}

export function useStrategies() {
  return useQuery({ ...listStrategiesOptions(), ...CATALOGUE })
}

/** The recordings of a profile, newest first. Polled while a job is under way: streams may fail, and are few. */
export function useRecordings(profile: string) {
  return useInfiniteQuery({
    ...listRecordingsInfiniteOptions({ query: { profile, limit: PAGE } }),
    initialPageParam: 0,
    getNextPageParam: ({ items, offset, total }) => {
      const next = offset + items.length
      return items.length > 0 && next < total ? next : undefined
    },
    refetchInterval: ({ state }) => {
      if (state.status === 'error') return RECONNECT_MS
      return nextPoll(state.data?.pages.flatMap(({ items }) => items) ?? [])
    },
  })
}

export function useRecording(id: string) {
  return useQuery({
    ...getRecordingOptions({ path: { recording_id: id } }),
    refetchInterval: ({ state }) => nextPoll(state.data ? [state.data] : []),
  })
}
