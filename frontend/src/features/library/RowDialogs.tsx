import type { Recording } from '@/api/generated/types.gen'
import { DeleteRecording } from './DeleteRecording'
import { DownloadStems } from './DownloadStems'
import type { RowMode } from './RowMenu'
import { useConfig } from './useLibrary'

interface RowDialogsProps {
  mode: RowMode
  recording: Recording
  onClose: () => void
  onDeleted: () => void
}

/** The dialog of a row's mode, if it has one. */
export function RowDialogs({ mode, recording, onClose, onDeleted }: RowDialogsProps) {
  const formats = useConfig().data?.formats ?? []
  const { title, latestJob } = recording
  if (mode === 'download' && latestJob) {
    return <DownloadStems job={latestJob} title={title} formats={formats} onClose={onClose} />
  }
  if (mode !== 'delete') return null
  return (
    <DeleteRecording
      recording={recording}
      onClose={onClose}
      onDeleted={() => {
        onClose()
        onDeleted()
      }}
    />
  )
}
