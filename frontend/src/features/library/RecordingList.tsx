import { type KeyboardEvent as ReactKeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { NoteIcon, SearchIcon } from '@/ui/icons'
import { Notice } from '@/ui/Notice'
import { RecordingRow } from './RecordingRow'
import { text } from './text'
import { useRecordings } from './useLibrary'

const CARD = 'divide-y divide-line overflow-hidden rounded-[14px] border border-line bg-surface'

function matches({ title, fileName, latestJob }: Recording, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/)
  const haystack = `${title} ${fileName} ${latestJob?.strategy ?? ''}`.toLowerCase()
  return words.every((word) => haystack.includes(word))
}

function Skeleton() {
  return (
    <div role="status" aria-label={text.loading} className={CARD}>
      {[0, 1, 2].map((row) => (
        <div key={row} className="flex animate-pulse items-center gap-4 px-[18px] py-3.5">
          <span className="size-10 rounded-full bg-raise" />
          <span className="grid flex-1 gap-2">
            <span className="h-3.5 w-40 max-w-full rounded bg-raise" />
            <span className="h-3 w-56 max-w-full rounded bg-raise" />
          </span>
        </div>
      ))}
    </div>
  )
}

function Search({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, [role=combobox]')
      if (event.key !== '/' || event.ctrlKey || event.metaKey || typing) return
      event.preventDefault()
      field.current?.focus()
    }
    document.addEventListener('keydown', focus)
    return () => document.removeEventListener('keydown', focus)
  }, [])
  return (
    <div className="relative w-full sm:ml-auto sm:w-[260px]">
      <SearchIcon className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-base text-faint" />
      <input
        ref={field}
        type="search"
        aria-label={text.search}
        placeholder={text.searchHint}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event: ReactKeyboardEvent) => event.key === 'Escape' && onChange('')}
        className="h-[34px] w-full rounded-[9px] border border-line bg-surface pr-3 pl-9 placeholder:text-faint pointer-coarse:h-11"
      />
    </div>
  )
}

/** The recordings of a profile. uploads: rows of files still on their way, shown on top. */
export function RecordingList({
  profile,
  title,
  description,
  uploads,
}: {
  profile: string
  title: string
  description: string
  uploads: ReactNode
}) {
  const query = useRecordings(profile)
  const [search, setSearch] = useState('')
  const all = query.data?.pages.flatMap(({ items }) => items) ?? []
  const shown = search.trim() === '' ? all : all.filter((recording) => matches(recording, search.trim()))
  const total = query.data?.pages[0]?.total

  return (
    <section aria-labelledby="recordings" className="grid gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <div>
          <div className="flex flex-wrap items-baseline gap-x-3">
            <h1 id="recordings" className="text-[22px] font-semibold tracking-tight">
              {title}
            </h1>
            {total !== undefined && <span className="text-faint">{text.count(total)}</span>}
          </div>
          {description !== '' && <p className="text-muted">{description}</p>}
        </div>
        {all.length > 0 && <Search value={search} onChange={setSearch} />}
      </div>
      {query.isError && query.data && (
        <p role="alert" className="rounded-xl border border-line bg-surface px-4 py-2.5 text-[13px] text-warn">
          {text.stale}
        </p>
      )}
      {uploads}
      {query.isPending && <Skeleton />}
      {query.isError && !query.data && (
        <Notice urgent title={text.failed} actions={<Button onClick={() => query.refetch()}>{text.retry}</Button>}>
          {errorText(query.error)}
        </Notice>
      )}
      {query.data && all.length === 0 && (
        <Notice icon={<NoteIcon />} title={text.empty}>
          {text.emptyHint}
        </Notice>
      )}
      {all.length > 0 && shown.length === 0 && (
        <Notice
          icon={<SearchIcon />}
          title={text.noMatch(search.trim())}
          actions={<Button onClick={() => setSearch('')}>{text.clearSearch}</Button>}
        />
      )}
      {shown.length > 0 && (
        <ul className={CARD}>
          {shown.map((recording) => (
            <RecordingRow key={recording.id} recording={recording} />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button
          className="justify-self-center"
          disabled={query.isFetchingNextPage}
          onClick={() => query.fetchNextPage()}
        >
          {query.isFetchingNextPage ? text.loadingMore : text.more}
        </Button>
      )}
    </section>
  )
}
