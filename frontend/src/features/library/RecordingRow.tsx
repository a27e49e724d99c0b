import { Link } from '@tanstack/react-router'
import { type RefObject, useRef, useState } from 'react'
import type { Job, Recording } from '@/api/generated/types.gen'
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
import { formatClock, formatDay } from '@/ui/format'
import { PlayIcon } from '@/ui/icons'
import { Waveform } from '@/ui/Waveform'
import { EditTags } from './EditTags'
import { EditTitle } from './EditTitle'
import { RowDialogs } from './RowDialogs'
import { RowMenu, type RowMode } from './RowMenu'
import { text } from './text'

/** Describes a recording in one line: its length, and when and how it was separated, or how its job stands. */
function describeRecording({ durationS, createdAt, latestJob }: Recording): string {
  const length = formatClock(durationS)
  if (latestJob === null) return `${length} · ${text.notSeparated}`
  const { state, strategy } = latestJob
  const standing = state === 'succeeded' ? text.added(formatDay(new Date(createdAt))) : describeStanding(latestJob)
  return `${length} · ${standing} · ${strategy}`
}

/** The row's mode. `endEditing` gives the focus to the row's menu, since the field that had it goes away. */
function useRowMode(row: RefObject<HTMLElement | null>) {
  const [mode, setMode] = useState<RowMode>(null)
  const endEditing = () => {
    if (row.current?.contains(document.activeElement)) {
      row.current.querySelector<HTMLElement>('[aria-haspopup=menu]')?.focus()
    }
    setMode(null)
  }
  return { mode, setMode, endEditing }
}

interface RecordingRowProps {
  recording: Recording
  knownTags: readonly string[]
  onTag: (tag: string) => void
  onDeleted: () => void
}

/** One recording in the list: how it looks and what it consists of, or how far its job is, or why that failed. */
export function RecordingRow({ recording, knownTags, onTag, onDeleted }: RecordingRowProps) {
  const { title, overview, latestJob: job } = recording
  const row = useRef<HTMLLIElement>(null)
  const { mode, setMode, endEditing } = useRowMode(row)
  useJobStream(job)
  const succeeded = job?.state === 'succeeded' ? job : null
  const pictured = overview.length > 0 && (job === null || succeeded !== null)
  return (
    <li
      ref={row}
      className="relative grid grid-cols-[40px_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-3 px-4 py-3.5 hover:bg-raise/40 sm:px-[18px] md:grid-cols-[40px_minmax(160px,1.1fr)_minmax(0,2fr)_232px]"
    >
      <PlaySign playable={job !== null && job.stems.length > 0} />
      <div className={`min-w-0 ${pictured ? '' : 'md:col-span-2'}`}>
        {mode === 'title' ? <EditTitle recording={recording} onDone={endEditing} /> : <TitleLink {...recording} />}
        <p className="text-[13px] text-muted">{describeRecording(recording)}</p>
        {mode !== 'tags' && <Tags recording={recording} onTag={onTag} />}
        {succeeded && <StemChips stems={succeeded.stems} short className="mt-2 flex sm:hidden" />}
      </div>
      {pictured && <Waveform peaks={overview} className="hidden h-10 w-full text-muted md:block" />}
      <div className="relative col-start-3 row-start-1 flex items-center justify-end gap-1 md:col-start-4">
        {succeeded && <StemChips stems={succeeded.stems} short className="hidden justify-end sm:flex" />}
        {job !== null && !isFinal(job.state) && <CancelJob job={job} title={title} compact />}
        <RowMenu title={title} job={succeeded} onMode={setMode} />
      </div>
      {mode === 'tags' && (
        <div className="col-span-full md:col-start-2">
          <EditTags recording={recording} known={knownTags} onDone={endEditing} />
        </div>
      )}
      {job && <JobDetails job={job} title={title} />}
      <RowDialogs mode={mode} recording={recording} onClose={() => setMode(null)} onDeleted={onDeleted} />
    </li>
  )
}

function PlaySign({ playable }: { playable: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={`grid size-10 place-items-center rounded-full bg-raise text-base ${playable ? 'text-text' : 'text-faint'}`}
    >
      <PlayIcon />
    </span>
  )
}

/** Leads to the recording; the whole row is its target. */
function TitleLink({ id, profile, title }: Recording) {
  return (
    <Link
      to="/p/$profileName/recordings/$recordingId"
      params={{ profileName: profile, recordingId: id }}
      className="block truncate font-semibold after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-[-2px] focus-visible:after:outline-focus"
    >
      {title}
    </Link>
  )
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

/** The steps of a job that is under way, or why it ended without its stems; nothing for one that succeeded. */
function JobDetails({ job, title }: { job: Job; title: string }) {
  if (job.state === 'succeeded') return null
  if (isFinal(job.state)) {
    return (
      <div className="relative col-span-full grid gap-3 md:col-start-2">
        <JobFailureText job={job} />
        <JobRemedies job={job} />
      </div>
    )
  }
  return (
    <div className="col-span-full grid gap-3 md:col-start-2">
      <JobTree job={job} title={title} />
      {job.stems.length > 0 && (
        <div className="flex flex-wrap items-center gap-2 text-[13px] text-muted">
          {jobText.ready}
          <StemChips stems={job.stems} className="flex" />
        </div>
      )}
    </div>
  )
}
