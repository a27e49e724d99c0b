import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { NoteIcon, SearchIcon } from '@/ui/icons'
import { Notice } from '@/ui/Notice'
import { ListTools, TagFilter } from './ListTools'
import { RecordingRow } from './RecordingRow'
import { text } from './text'
import { useKnownTags, useRecordings } from './useLibrary'
import { isNarrowed, type ListView, parseView } from './view'

const CARD = 'divide-y divide-line overflow-hidden rounded-[14px] border border-line bg-surface'

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

/** The recordings of a profile. uploads: rows of files still on their way, shown on top. */
export function RecordingList({
  profile,
  title,
  description,
  uploads,
  view,
  onView,
}: {
  profile: string
  title: string
  description: string
  uploads: ReactNode
  view: ListView
  onView: (view: ListView) => void
}) {
  const query = useRecordings(profile, view)
  const tags = useKnownTags(profile)
  const heading = useRef<HTMLHeadingElement>(null)
  const [deleted, setDeleted] = useState<Recording | null>(null)
  // Only when the dialog is gone can anything below it have the focus.
  useEffect(() => {
    if (deleted) heading.current?.focus()
  }, [deleted])
  const recordings = query.data?.pages.flatMap(({ items }) => items) ?? []
  const total = query.data?.pages[0]?.total
  const narrowed = isNarrowed(view)
  const everything = () => onView(parseView({ sort: view.sort }))

  return (
    <section aria-labelledby="recordings" className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <div>
          <div className="flex flex-wrap items-baseline gap-x-3">
            <h1
              ref={heading}
              id="recordings"
              tabIndex={-1}
              className="rounded-sm text-[22px] font-semibold tracking-tight focus:outline-none"
            >
              {title}
            </h1>
            {total !== undefined && (
              <span role="status" className="text-faint">
                {narrowed ? text.found(total) : text.count(total)}
              </span>
            )}
          </div>
          {description !== '' && <p className="text-muted">{description}</p>}
        </div>
        {(recordings.length > 0 || narrowed) && <ListTools view={view} onView={onView} />}
      </div>
      <p role="status" className="sr-only">
        {deleted && text.deleted(deleted.title)}
      </p>
      <TagFilter tags={tags} view={view} onView={onView} />
      {uploads}
      {query.isPending && <Skeleton />}
      {query.isError && !query.data && (
        <Notice urgent title={text.failed} actions={<Button onClick={() => query.refetch()}>{text.retry}</Button>}>
          {errorText(query.error)}
        </Notice>
      )}
      {query.data && recordings.length === 0 && !narrowed && (
        <Notice icon={<NoteIcon />} title={text.empty}>
          {text.emptyHint}
        </Notice>
      )}
      {query.data && recordings.length === 0 && narrowed && (
        <Notice
          icon={<SearchIcon />}
          title={text.noMatch}
          actions={<Button onClick={everything}>{text.clearSearch}</Button>}
        >
          {text.noMatchHint(view.q, view.tag)}
        </Notice>
      )}
      {recordings.length > 0 && (
        <ul className={`${CARD} transition-opacity ${query.isPlaceholderData ? 'opacity-60' : ''}`}>
          {recordings.map((recording) => (
            <RecordingRow
              key={recording.id}
              recording={recording}
              knownTags={tags}
              onTag={(tag) => onView(parseView({ ...view, tag }))}
              onDeleted={() => setDeleted(recording)}
            />
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
