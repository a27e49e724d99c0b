import { type KeyboardEvent as ReactKeyboardEvent, useEffect, useRef, useState } from 'react'
import { SearchIcon } from '@/ui/icons'
import { text } from './text'
import { DEFAULT_SORT, type ListView, parseView, SORTS } from './view'

const TYPING_MS = 250
const FIELD = 'h-[34px] rounded-[9px] border border-line bg-surface pointer-coarse:h-11'

/** The field tells its words on when the typing pauses; `/` leads to it, Escape empties it. */
function Search({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const field = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [typed, setTyped] = useState(value)
  const [last, setLast] = useState(value)
  // The words were changed from elsewhere: by the back button, or by "Show all".
  if (value !== last) {
    setLast(value)
    if (value !== typed.trim()) setTyped(value)
  }

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [role=combobox]')
      if (event.key !== '/' || event.ctrlKey || event.metaKey || typing) return
      event.preventDefault()
      field.current?.focus()
    }
    document.addEventListener('keydown', focus)
    return () => {
      document.removeEventListener('keydown', focus)
      clearTimeout(timer.current)
    }
  }, [])

  const change = (words: string, delay: number) => {
    setTyped(words)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => onChange(words.trim()), delay)
  }
  return (
    <div className="relative w-full sm:w-[260px]">
      <SearchIcon className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-base text-faint" />
      <input
        ref={field}
        type="search"
        aria-label={text.search}
        placeholder={text.searchHint}
        value={typed}
        onChange={(event) => change(event.target.value, TYPING_MS)}
        onKeyDown={(event: ReactKeyboardEvent) => event.key === 'Escape' && change('', 0)}
        className={`${FIELD} w-full pr-3 pl-9 placeholder:text-faint`}
      />
    </div>
  )
}

/** Search and order of the list. */
export function ListTools({ view, onView }: { view: ListView; onView: (view: ListView) => void }) {
  return (
    <div className="flex w-full flex-wrap gap-2.5 sm:ml-auto sm:w-auto sm:flex-nowrap">
      <select
        aria-label={text.order}
        value={view.sort ?? DEFAULT_SORT}
        onChange={(event) => onView(parseView({ ...view, sort: event.target.value }))}
        className={`${FIELD} w-full px-2.5 text-muted sm:w-auto`}
      >
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {text.orders[sort]}
          </option>
        ))}
      </select>
      <Search value={view.q ?? ''} onChange={(q) => onView(parseView({ ...view, q }))} />
    </div>
  )
}

/** The tags as buttons; the pressed one is what the list is narrowed to. */
export function TagFilter({
  tags,
  view,
  onView,
}: {
  tags: readonly string[]
  view: ListView
  onView: (view: ListView) => void
}) {
  const shown = view.tag === undefined || tags.includes(view.tag) ? tags : [view.tag, ...tags]
  if (shown.length === 0) return null
  return (
    // biome-ignore lint/a11y/useSemanticElements: no form around it, so a fieldset says no more
    <div role="group" aria-label={text.tags} className="flex flex-wrap gap-1.5">
      {shown.map((tag) => (
        <button
          key={tag}
          type="button"
          aria-pressed={tag === view.tag}
          onClick={() => onView(parseView({ ...view, tag: tag === view.tag ? undefined : tag }))}
          className="h-[26px] max-w-full truncate rounded-full border border-line px-3 text-[13px] text-muted hover:text-text aria-pressed:border-transparent aria-pressed:bg-accent aria-pressed:text-bg pointer-coarse:h-10"
        >
          {tag}
        </button>
      ))}
    </div>
  )
}
