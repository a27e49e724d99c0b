import { type InfiniteData, QueryClient } from '@tanstack/react-query'
import { expect, it } from 'vitest'
import {
  getJobOptions,
  getRecordingOptions,
  listRecordingsInfiniteOptions,
} from '@/api/generated/@tanstack/react-query.gen'
import type { Job, Recording, RecordingPage } from '@/api/generated/types.gen'
import { aJob, aRecording } from '@/testing/data'
import { putJob } from './cache'

const { queryKey: listKey } = listRecordingsInfiniteOptions({ query: { profile: 'demo', limit: 50 } })
const { queryKey: oneKey } = getRecordingOptions({ path: { recording_id: 'recording-1' } })

function clientWith(job: Job | null): QueryClient {
  const client = new QueryClient()
  const recording = aRecording({ latestJob: job })
  const page: RecordingPage = { items: [recording, aRecording({ id: 'other' })], total: 2, limit: 50, offset: 0 }
  client.setQueryData<InfiniteData<RecordingPage>>(listKey, { pages: [page], pageParams: [0] })
  client.setQueryData<Recording>(oneKey, recording)
  return client
}

const listed = (client: QueryClient) => client.getQueryData<InfiniteData<RecordingPage>>(listKey)?.pages[0]?.items

it('puts a job into the list and into the recording', () => {
  const client = clientWith(null)
  const job = aJob()
  putJob(client, job)
  expect(listed(client)?.map(({ latestJob }) => latestJob)).toEqual([job, null])
  expect(client.getQueryData<Recording>(oneKey)?.latestJob).toEqual(job)
})

it('keeps the newer state when an old event arrives late', () => {
  const client = clientWith(aJob({ lastEvent: 9, state: 'succeeded' }))
  putJob(client, aJob({ lastEvent: 4 }))
  expect(listed(client)?.[0]?.latestJob?.state).toBe('succeeded')
})

it('puts a job where it is looked at alone, and leaves other jobs alone', () => {
  const client = clientWith(null)
  const keys = ['job-1', 'job-2'].map((id) => getJobOptions({ path: { job_id: id } }).queryKey)
  for (const [index, key] of keys.entries()) client.setQueryData<Job>(key, aJob({ id: `job-${index + 1}` }))
  putJob(client, aJob({ state: 'succeeded', lastEvent: 9 }))
  expect(keys.map((key) => client.getQueryData<Job>(key)?.state)).toEqual(['succeeded', 'running'])
})
