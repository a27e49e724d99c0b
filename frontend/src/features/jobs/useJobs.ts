import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { cancelJobMutation, createJobMutation, retryJobMutation } from '@/api/generated/@tanstack/react-query.gen'
import type { Job } from '@/api/generated/types.gen'
import { putJob, refreshRecordings } from './cache'
import { isFinal } from './jobs'
import { watchJob } from './watch'

/** Keeps a running job's state in the query cache up to date, from the stream of its events. */
export function useJobStream(job: Job | null): void {
  const client = useQueryClient()
  const running = job?.state === 'running' ? job.id : null
  useEffect(() => {
    if (running === null) return
    return watchJob(running, (event) => {
      putJob(client, event.job)
      if (isFinal(event.job.state)) void refreshRecordings(client)
    })
  }, [client, running])
}

/** Returns what is to be done once the server has put a job into its queue. */
function useShowJob() {
  const client = useQueryClient()
  return (job: Job) => {
    putJob(client, job)
    return refreshRecordings(client)
  }
}

export function useStartJob() {
  return useMutation({ ...createJobMutation(), onSuccess: useShowJob() })
}

/** The same job once more, at its next attempt; what its nodes left in the cache is taken from there. */
export function useRetryJob() {
  return useMutation({ ...retryJobMutation(), onSuccess: useShowJob() })
}

export function useCancelJob() {
  const client = useQueryClient()
  return useMutation({ ...cancelJobMutation(), onSuccess: (job) => putJob(client, job) })
}
