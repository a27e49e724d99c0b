import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { CloseIcon } from '@/ui/icons'
import { text } from './text'
import { useUpdateRecording } from './useChanges'

const CHIP = 'inline-flex h-[26px] items-center gap-1.5 rounded-full border border-line px-2.5 text-xs'

/** Tags of a recording, added and taken away one by one; each change is saved at once. known: tags to propose. */
export function EditTags({
  recording,
  known,
  onDone,
}: {
  recording: Recording
  known: readonly string[]
  onDone: () => void
}) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const update = useUpdateRecording()
  const [word, setWord] = useState('')
  const { tags, title } = recording

  useEffect(() => field.current?.focus(), [])

  const save = (next: string[], after?: () => void) =>
    update.mutate(
      { path: { recording_id: recording.id }, body: { tags: next } },
      {
        onSuccess: () => {
          field.current?.focus()
          after?.()
        },
      },
    )
  const add = (event: FormEvent) => {
    event.preventDefault()
    const tag = word.trim()
    if (tag === '' || update.isPending) return
    if (tags.some((other) => other.toLowerCase() === tag.toLowerCase())) return setWord('')
    save([...tags, tag], () => setWord(''))
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape inside any of its controls ends the editing
    <div className="relative grid gap-2" onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="flex flex-wrap items-center gap-1.5">
        <ul aria-label={text.tagsOf(title)} className="contents">
          {tags.map((tag) => (
            <li key={tag} className={CHIP}>
              {tag}
              <button
                type="button"
                aria-label={text.removeTag(tag)}
                disabled={update.isPending}
                onClick={() => save(tags.filter((other) => other !== tag))}
                className="-mr-1 grid size-6 place-items-center rounded-full text-muted hover:text-text"
              >
                <CloseIcon />
              </button>
            </li>
          ))}
        </ul>
        <form onSubmit={add} className="flex gap-1.5">
          <input
            ref={field}
            aria-label={text.newTag(title)}
            placeholder={text.newTagHint}
            list={`${id}-known`}
            maxLength={40}
            value={word}
            onChange={(event) => setWord(event.target.value)}
            className="h-[30px] w-32 rounded-[7px] border border-line-strong bg-bg px-2 text-[13px] placeholder:text-faint pointer-coarse:h-11"
          />
          <datalist id={`${id}-known`}>
            {known
              .filter((tag) => !tags.includes(tag))
              .map((tag) => (
                <option key={tag} value={tag} />
              ))}
          </datalist>
          <Button type="submit" className="!h-[30px]" disabled={word.trim() === '' || update.isPending}>
            {text.addTag}
          </Button>
        </form>
        <Button look="quiet" className="!h-[30px]" onClick={onDone}>
          {text.tagsDone}
        </Button>
      </div>
      {update.isError && (
        <p role="alert" className="text-[13px] text-bad">
          {errorText(update.error)}
        </p>
      )}
    </div>
  )
}
