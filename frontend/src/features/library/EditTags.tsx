import { type FormEvent, type Ref, useId, useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { CloseIcon } from '@/ui/icons'
import { text } from './text'
import { useUpdateRecording } from './useChanges'

const CHIP = 'inline-flex h-[26px] items-center gap-1.5 rounded-full border border-line px-2.5 text-xs'

interface EditTagsProps {
  recording: Recording
  /** Tags to propose. */
  known: readonly string[]
  onDone: () => void
}

/** Tags of a recording, added and taken away one by one; each change is saved at once. */
export function EditTags({ recording, known, onDone }: EditTagsProps) {
  const field = useRef<HTMLInputElement>(null)
  const update = useUpdateRecording()
  const { tags, title } = recording

  const save = (next: string[], onSaved?: () => void) =>
    update.mutate(
      { path: { recording_id: recording.id }, body: { tags: next } },
      {
        onSuccess: () => {
          field.current?.focus()
          onSaved?.()
        },
      },
    )
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape inside any of its controls ends the editing
    <div className="relative grid gap-2" onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="flex flex-wrap items-center gap-1.5">
        <ul aria-label={text.tagsOf(title)} className="contents">
          {tags.map((tag) => (
            <TagChip
              key={tag}
              tag={tag}
              disabled={update.isPending}
              onRemove={() => save(tags.filter((other) => other !== tag))}
            />
          ))}
        </ul>
        <NewTag
          ref={field}
          title={title}
          tags={tags}
          known={known}
          disabled={update.isPending}
          onAdd={(tag, onSaved) => save([...tags, tag], onSaved)}
        />
        <Button look="quiet" className="!h-[30px]" onClick={onDone}>
          {text.tagsDone}
        </Button>
      </div>
      {update.isError && <ErrorLine>{errorText(update.error)}</ErrorLine>}
    </div>
  )
}

function TagChip({ tag, disabled, onRemove }: { tag: string; disabled: boolean; onRemove: () => void }) {
  return (
    <li className={CHIP}>
      {tag}
      <button
        type="button"
        aria-label={text.removeTag(tag)}
        disabled={disabled}
        onClick={onRemove}
        className="-mr-1 grid size-6 place-items-center rounded-full text-muted hover:text-text"
      >
        <CloseIcon />
      </button>
    </li>
  )
}

interface NewTagProps {
  ref: Ref<HTMLInputElement>
  title: string
  tags: readonly string[]
  known: readonly string[]
  disabled: boolean
  onAdd: (tag: string, onSaved: () => void) => void
}

/** The field for one more tag; it proposes known ones, and takes none twice. */
function NewTag({ ref, title, tags, known, disabled, onAdd }: NewTagProps) {
  const id = useId()
  const [word, setWord] = useState('')
  const add = (event: FormEvent) => {
    event.preventDefault()
    const tag = word.trim()
    if (tag === '' || disabled) return
    if (tags.some((other) => other.toLowerCase() === tag.toLowerCase())) setWord('')
    else onAdd(tag, () => setWord(''))
  }
  return (
    <form onSubmit={add} className="flex gap-1.5">
      <input
        ref={ref}
        // biome-ignore lint/a11y/noAutofocus: whoever edits the tags is about to type one
        autoFocus
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
      <Button type="submit" className="!h-[30px]" disabled={word.trim() === '' || disabled}>
        {text.addTag}
      </Button>
    </form>
  )
}
