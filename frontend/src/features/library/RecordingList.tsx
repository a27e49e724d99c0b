import { type ReactNode, type Ref, useEffect, useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { NoteIcon, SearchIcon } from '@/ui/icons'
import { MoreButton } from '@/ui/MoreButton'
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

interface RecordingListProps {
  profile: string
  title: string
  description: string
  /** Rows of files still on their way, shown on top. */
  uploads: ReactNode
  view: ListView
  onView: (view: ListView) => void
}

/** The recordings of a profile. */
export function RecordingList({ profile, title, description, uploads, view, onView }: RecordingListProps) {
  const query = useRecordings(profile, view)
  const tags = useKnownTags(profile)
  const { heading, deleted, setDeleted } = useDeleted()
  const recordings = query.data?.pages.flatMap(({ items }) => items) ?? []
  const narrowed = isNarrowed(view)
  return (
    <section aria-labelledby="recordings" className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <Heading ref={heading} title={title} description={description}>
          {query.data && <Count total={query.data.pages[0]?.total ?? 0} narrowed={narrowed} />}
        </Heading>
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
      {query.data && recordings.length === 0 && (
        <EmptyList view={view} onShowAll={() => onView(parseView({ sort: view.sort }))} />
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
      <MoreButton list={query} label={text.more} busyLabel={text.loadingMore} />
    </section>
  )
}

/** The recording that was deleted last. Its row is gone, so the heading takes the focus. */
function useDeleted() {
  const heading = useRef<HTMLHeadingElement>(null)
  const [deleted, setDeleted] = useState<Recording | null>(null)
  // Only when the dialog is gone can anything below it have the focus.
  useEffect(() => {
    if (deleted) heading.current?.focus()
  }, [deleted])
  return { heading, deleted, setDeleted }
}

interface HeadingProps {
  ref: Ref<HTMLHeadingElement>
  title: string
  description: string
  /** Beside the title. */
  children: ReactNode
}

function Heading({ ref, title, description, children }: HeadingProps) {
  return (
    <div>
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h1
          ref={ref}
          id="recordings"
          tabIndex={-1}
          className="rounded-sm text-[22px] font-semibold tracking-tight focus:outline-none"
        >
          {title}
        </h1>
        {children}
      </div>
      {description !== '' && <p className="text-muted">{description}</p>}
    </div>
  )
}

function Count({ total, narrowed }: { total: number; narrowed: boolean }) {
  return (
    <span role="status" className="text-faint">
      {narrowed ? text.found(total) : text.count(total)}
    </span>
  )
}

/** Stands in for the list when the profile has no recording, or none that matches the view. */
function EmptyList({ view, onShowAll }: { view: ListView; onShowAll: () => void }) {
  if (!isNarrowed(view)) {
    return (
      <Notice icon={<NoteIcon />} title={text.empty}>
        {text.emptyHint}
      </Notice>
    )
  }
  return (
    <Notice
      icon={<SearchIcon />}
      title={text.noMatch}
      actions={<Button onClick={onShowAll}>{text.clearSearch}</Button>}
    >
      {text.noMatchHint(view.q, view.tag)}
    </Notice>
  )
}
