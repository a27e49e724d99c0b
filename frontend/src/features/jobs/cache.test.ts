import { type InfiniteData, QueryClient } from '@tanstack/react-query'
import { expect, it } from 'vitest'
import { getRecordingOptions, listRecordingsInfiniteOptions } from '@/api/generated/@tanstack/react-query.gen'
import type { Job, Recording, RecordingPage } from '@/api/generated/types.gen'
import { aJob, aRecording } from '@/test-data'
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
