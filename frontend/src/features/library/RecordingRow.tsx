import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { Recording } from '@/api/generated/types.gen'
import {
  CancelJob,
  describeStanding,
  isFinal,
  JobFailureText,
  JobRemedies,
  JobTree,
  jobText,
  useJobStream,
} from '@/features/jobs'
import { StemChip } from '@/ui/Chip'
import { clock, day } from '@/ui/format'
import { DownloadIcon, PenIcon, PlayIcon, TagIcon, TrashIcon } from '@/ui/icons'
import { MenuButton, type MenuItem } from '@/ui/Menu'
import { Waveform } from '@/ui/Waveform'
import { DeleteRecording } from './DeleteRecording'
import { DownloadStems } from './DownloadStems'
import { zipAddress } from './downloads'
import { EditTags } from './EditTags'
import { EditTitle } from './EditTitle'
import { text } from './text'
import { useConfig } from './useLibrary'

function describeRecording({ durationS, createdAt, latestJob }: Recording): string {
  const length = clock(durationS)
  if (latestJob === null) return `${length} · ${text.notSeparated}`
  if (latestJob.state === 'succeeded')
    return `${length} · ${text.added(day(new Date(createdAt)))} · ${latestJob.strategy}`
  return `${length} · ${describeStanding(latestJob)} · ${latestJob.strategy}`
}

function StemChips({ stems, short, className }: { stems: readonly string[]; short?: boolean; className: string }) {
  return (
    <ul className={`flex-wrap gap-1.5 ${className}`}>
      {stems.map((stem) => (
        <li key={stem} className="flex">
          <StemChip name={stem} short={short} />
        </li>
      ))}
    </ul>
  )
}

function Tags({ recording, onTag }: { recording: Recording; onTag: (tag: string) => void }) {
  if (recording.tags.length === 0) return null
  return (
    <ul aria-label={text.tagsOf(recording.title)} className="mt-1.5 flex flex-wrap gap-1.5">
      {recording.tags.map((tag) => (
        <li key={tag} className="relative flex max-w-full">
          <button
            type="button"
            title={text.onlyTag(tag)}
            onClick={() => onTag(tag)}
            className="h-6 truncate rounded-full bg-raise px-2.5 text-xs text-muted hover:text-text"
          >
            {tag}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** What the row shows instead of its usual face, or above the page. */
type RowMode = 'title' | 'tags' | 'download' | 'delete' | null

/** One recording in the list: how it looks and what it consists of, or how far its job is, or why that failed. */
export function RecordingRow({
  recording,
  knownTags,
  onTag,
  onDeleted,
}: {
  recording: Recording
  knownTags: readonly string[]
  onTag: (tag: string) => void
  onDeleted: () => void
}) {
  const { title, overview, latestJob: job } = recording
  const formats = useConfig().data?.formats ?? []
  const [mode, setMode] = useState<RowMode>(null)
  const row = useRef<HTMLLIElement>(null)
  useJobStream(job)
  const active = job !== null && !isFinal(job.state)
  const playable = job !== null && job.stems.length > 0
  const broken = job?.state === 'failed' || job?.state === 'cancelled'
  const pictured = overview.length > 0 && !broken && !active
  const downloads: MenuItem[] =
    job?.state === 'succeeded'
      ? [
          { label: text.downloadZip, icon: <DownloadIcon />, download: zipAddress(job) },
          { label: text.downloadStems, icon: <DownloadIcon />, onSelect: () => setMode('download') },
        ]
      : []
  const endEditing = () => {
    // The field that had the focus goes away.
    if (row.current?.contains(document.activeElement)) {
      row.current.querySelector<HTMLElement>('[aria-haspopup=menu]')?.focus()
    }
    setMode(null)
  }
  return (
    <li
      ref={row}
      className="relative grid grid-cols-[40px_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-3 px-4 py-3.5 hover:bg-raise/40 sm:px-[18px] md:grid-cols-[40px_minmax(160px,1.1fr)_minmax(0,2fr)_232px]"
    >
      <span
        aria-hidden="true"
        className={`grid size-10 place-items-center rounded-full bg-raise text-base ${playable ? 'text-text' : 'text-faint'}`}
      >
        <PlayIcon />
      </span>
      <div className={`min-w-0 ${pictured ? '' : 'md:col-span-2'}`}>
        {mode === 'title' ? (
          <EditTitle recording={recording} onDone={endEditing} />
        ) : (
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={{ profileName: recording.profile, recordingId: recording.id }}
            className="block truncate font-semibold after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-[-2px] focus-visible:after:outline-focus"
          >
            {title}
          </Link>
        )}
        <p className="text-[13px] text-muted">{describeRecording(recording)}</p>
        {mode !== 'tags' && <Tags recording={recording} onTag={onTag} />}
        {job?.state === 'succeeded' && <StemChips stems={job.stems} short className="mt-2 flex sm:hidden" />}
      </div>
      {pictured && <Waveform peaks={overview} className="hidden h-10 w-full text-muted md:block" />}
      <div className="relative col-start-3 row-start-1 flex items-center justify-end gap-1 md:col-start-4">
        {job?.state === 'succeeded' && <StemChips stems={job.stems} short className="hidden justify-end sm:flex" />}
        {active && <CancelJob job={job} title={title} compact />}
        <MenuButton
          label={text.menu(title)}
          groups={[
            [
              { label: text.rename, icon: <PenIcon />, onSelect: () => setMode('title') },
              { label: text.editTags, icon: <TagIcon />, onSelect: () => setMode('tags') },
            ],
            downloads,
            [{ label: text.deleteItem, icon: <TrashIcon />, danger: true, onSelect: () => setMode('delete') }],
          ]}
        />
      </div>
      {mode === 'tags' && (
        <div className="col-span-full md:col-start-2">
          <EditTags recording={recording} known={knownTags} onDone={endEditing} />
        </div>
      )}
      {active && (
        <div className="col-span-full grid gap-3 md:col-start-2">
          <JobTree job={job} title={title} />
          {job.stems.length > 0 && (
            <div className="flex flex-wrap items-center gap-2 text-[13px] text-muted">
              {jobText.ready}
              <StemChips stems={job.stems} className="flex" />
            </div>
          )}
        </div>
      )}
      {broken && (
        <div className="relative col-span-full grid gap-3 md:col-start-2">
          <JobFailureText job={job} />
          <JobRemedies job={job} />
        </div>
      )}
      {mode === 'download' && job && (
        <DownloadStems job={job} title={title} formats={formats} onClose={() => setMode(null)} />
      )}
      {mode === 'delete' && (
        <DeleteRecording
          recording={recording}
          onClose={() => setMode(null)}
          onDeleted={() => {
            setMode(null)
            onDeleted()
          }}
        />
      )}
    </li>
  )
}
