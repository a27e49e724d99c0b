import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  deleteRecordingMutation,
  getRecordingQueryKey,
  updateRecordingMutation,
} from '@/api/generated/@tanstack/react-query.gen'
import { refreshRecordings } from '@/features/jobs'

/** Changes title or tags. Done when the lists show it: a new title may have another place in them. */
export function useUpdateRecording() {
  const client = useQueryClient()
  return useMutation({
    ...updateRecordingMutation(),
    onSuccess: (recording) => {
      client.setQueryData(getRecordingQueryKey({ path: { recording_id: recording.id } }), recording)
      return refreshRecordings(client)
    },
  })
}

export function useDeleteRecording() {
  const client = useQueryClient()
  return useMutation({
    ...deleteRecordingMutation(),
    onSuccess: (_, { path }) => {
      client.removeQueries({ queryKey: getRecordingQueryKey({ path }) })
      return refreshRecordings(client)
    },
  })
}
