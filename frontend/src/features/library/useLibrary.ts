import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  getConfigOptions,
  getRecordingOptions,
  listProfilesOptions,
  listRecordingsInfiniteOptions,
  listStrategiesOptions,
} from '@/api/generated/@tanstack/react-query.gen'
import type { Recording, RecordingPage } from '@/api/generated/types.gen'
import { nextOffset } from '@/api/paging'
import { isFinal } from '@/features/jobs'
import type { ListView } from './view'

const PAGE = 50
const QUEUED_MS = 1000
const RUNNING_MS = 4000
const RECONNECT_MS = 5000
const CATALOGUE_MS = 60_000

/** When to ask again: soon while a job may start at any moment, seldom while its stream tells the news. */
function pollInterval(recordings: readonly Recording[]): number | false {
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

const recordingsOf = (data: InfiniteData<RecordingPage> | undefined) => data?.pages.flatMap(({ items }) => items) ?? []

/**
 * The recordings of a profile, as the view asks for them. Polled while a job is under way: streams may fail, and are
 * few. While a changed view is fetched, the former one stays.
 */
export function useRecordings(profile: string, view: ListView = {}) {
  return useInfiniteQuery({
    ...listRecordingsInfiniteOptions({ query: { profile, limit: PAGE, ...view } }),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.status === 'error' ? RECONNECT_MS : pollInterval(recordingsOf(state.data))),
  })
}

/** Every tag that a list of this profile has shown so far, in the order of the alphabet. */
export function useKnownTags(profile: string): string[] {
  const client = useQueryClient()
  const lists = client.getQueriesData<InfiniteData<RecordingPage>>({
    predicate: ({ queryKey: [head] }) =>
      typeof head === 'object' && head !== null && '_id' in head && head._id === 'listRecordings',
  })
  const tags = lists.flatMap(([, data]) => recordingsOf(data)).filter((recording) => recording.profile === profile)
  return [...new Set(tags.flatMap(({ tags }) => tags))].toSorted((a, b) => a.localeCompare(b))
}

export function useRecording(id: string) {
  return useQuery({
    ...getRecordingOptions({ path: { recording_id: id } }),
    refetchInterval: ({ state }) => pollInterval(state.data ? [state.data] : []),
  })
}
