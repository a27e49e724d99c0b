import { type FormEvent, useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { ErrorLine } from '@/ui/ErrorLine'
import { text } from './text'
import { useUpdateRecording } from './useChanges'

function selectAtOnce(field: HTMLInputElement | null): void {
  field?.focus()
  field?.select()
}

/** The title as a field in its own place: Enter or leaving it saves, Escape keeps the old one. */
export function EditTitle({ recording, onDone }: { recording: Recording; onDone: () => void }) {
  const update = useUpdateRecording()
  const [title, setTitle] = useState(recording.title)
  // Its end takes the focus away, which must not save once more.
  const over = useRef(false)

  const end = () => {
    over.current = true
    onDone()
  }
  const save = (event?: FormEvent) => {
    event?.preventDefault()
    if (update.isPending || over.current) return
    const wanted = title.trim()
    if (wanted === '' || wanted === recording.title) return end()
    update.mutate({ path: { recording_id: recording.id }, body: { title: wanted } }, { onSuccess: end })
  }
  return (
    <form onSubmit={save} className="relative grid gap-1">
      <input
        ref={selectAtOnce}
        aria-label={text.titleOf(recording.title)}
        aria-invalid={update.isError}
        maxLength={300}
        value={title}
        readOnly={update.isPending}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => save()}
        onKeyDown={(event) => event.key === 'Escape' && end()}
        className="h-8 w-full rounded-[7px] border border-line-strong bg-bg px-2 font-semibold pointer-coarse:h-11"
      />
      {update.isError && <ErrorLine>{errorText(update.error)}</ErrorLine>}
    </form>
  )
}
