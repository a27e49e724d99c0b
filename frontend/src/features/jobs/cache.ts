import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query'
import type { Job, Recording, RecordingPage } from '@/api/generated/types.gen'
import { newer } from './jobs'

/** True for queries made by any of the given calls, whatever their parameters. */
function madeBy(...calls: string[]): (query: Query) => boolean {
  return ({ queryKey }) => {
    const [head] = queryKey
    return typeof head === 'object' && head !== null && '_id' in head && calls.includes(String(head._id))
  }
}

function withJob(recording: Recording, job: Job): Recording {
  if (recording.id !== job.recordingId) return recording
  return { ...recording, latestJob: recording.latestJob ? newer(recording.latestJob, job) : job }
}

/** Puts a job's new state wherever it is cached: alone, and in every recording that it belongs to. */
export function putJob(client: QueryClient, job: Job): void {
  client.setQueriesData<InfiniteData<RecordingPage>>(
    { predicate: madeBy('listRecordings') },
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, items: page.items.map((item) => withJob(item, job)) })),
      },
  )
  client.setQueriesData<Recording>({ predicate: madeBy('getRecording') }, (data) => data && withJob(data, job))
  client.setQueriesData<Job>(
    { predicate: madeBy('getJob') },
    (data) => data && (data.id === job.id ? newer(data, job) : data),
  )
}

/** Asks anew for everything that a new recording or a finished job changes. */
export function refreshRecordings(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ predicate: madeBy('listRecordings', 'getRecording', 'listProfiles', 'listJobs') })
}
