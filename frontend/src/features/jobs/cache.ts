import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query'
import type { Job, Recording, RecordingPage } from '@/api/generated/types.gen'
import { newerJob } from './jobs'

/** Returns a test for queries of any of these calls, whatever their parameters. */
function isQueryOf(...calls: string[]): (query: Query) => boolean {
  return ({ queryKey }) => {
    const [head] = queryKey
    return typeof head === 'object' && head !== null && '_id' in head && calls.includes(String(head._id))
  }
}

function updateLatestJob(recording: Recording, job: Job): Recording {
  if (recording.id !== job.recordingId) return recording
  return { ...recording, latestJob: recording.latestJob ? newerJob(recording.latestJob, job) : job }
}

/** Puts a job's new state wherever it is cached: alone, and in every recording that it belongs to. */
export function putJob(client: QueryClient, job: Job): void {
  client.setQueriesData<InfiniteData<RecordingPage>>(
    { predicate: isQueryOf('listRecordings') },
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, items: page.items.map((item) => updateLatestJob(item, job)) })),
      },
  )
  client.setQueriesData<Recording>(
    { predicate: isQueryOf('getRecording') },
    (data) => data && updateLatestJob(data, job),
  )
  client.setQueriesData<Job>(
    { predicate: isQueryOf('getJob') },
    (data) => data && (data.id === job.id ? newerJob(data, job) : data),
  )
}

/** Asks anew for everything that a new recording or a finished job changes. */
export function refreshRecordings(client: QueryClient): Promise<void> {
  return client.invalidateQueries({
    predicate: isQueryOf('listRecordings', 'getRecording', 'listProfiles', 'listJobs'),
  })
}
