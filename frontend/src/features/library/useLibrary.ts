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
const POLL_MS = 2000
const RECONNECT_MS = 5000
const CATALOGUE_MS = 60_000

function busy(recording: Recording | undefined): boolean {
  return recording?.latestJob != null && !isFinal(recording.latestJob.state)
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
      return state.data?.pages.some(({ items }) => items.some(busy)) ? POLL_MS : false
    },
  })
}

export function useRecording(id: string) {
  return useQuery({
    ...getRecordingOptions({ path: { recording_id: id } }),
    refetchInterval: ({ state }) => (busy(state.data) ? POLL_MS : false),
  })
}
