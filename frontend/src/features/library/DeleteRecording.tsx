import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { ErrorLine } from '@/ui/ErrorLine'
import { text } from './text'
import { useDeleteRecording } from './useChanges'

/** Asks before a recording and all that was made of it is deleted. */
export function DeleteRecording({
  recording,
  onClose,
  onDeleted,
}: {
  recording: Recording
  onClose: () => void
  onDeleted: () => void
}) {
  const remove = useDeleteRecording()
  // By the promise: the row, and this dialog in it, are gone when it is fulfilled. A failure is shown from `remove`.
  const confirm = () =>
    void remove.mutateAsync({ path: { recording_id: recording.id } }).then(onDeleted, () => undefined)
  return (
    <Dialog title={text.deleteTitle(recording.title)} onClose={onClose}>
      <p className="text-muted">{text.deleteHint}</p>
      {remove.isError && <ErrorLine>{errorText(remove.error)}</ErrorLine>}
      <form method="dialog" className="flex flex-wrap justify-end gap-2">
        <Button type="submit" disabled={remove.isPending}>
          {text.keep}
        </Button>
        <Button look="danger" disabled={remove.isPending} onClick={confirm}>
          {remove.isPending ? text.deleting : text.delete}
        </Button>
      </form>
    </Dialog>
  )
}
