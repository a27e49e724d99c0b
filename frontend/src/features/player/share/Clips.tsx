import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Clip, PlayerData } from '@/api/generated'
import {
  createClipMutation,
  deleteClipMutation,
  listClipsOptions,
  listClipsQueryKey,
} from '@/api/generated/@tanstack/react-query.gen'
import { errorText } from '@/api/problem'
import type { Span } from '@/audio'
import { Button } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { shortTime } from '../format'
import { toWire } from '../state/mix'
import { type PlayerSession, useMixEditor } from '../state/playerSession'
import { text } from './text'

/** Keeps the loop as a clip, and shows the clips there are. */
export function Clips({ session, data }: { session: PlayerSession; data: PlayerData }) {
  const path = { recording_id: data.recordingId }
  const { mix } = useMixEditor(session.editor)
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: listClipsQueryKey({ path }) })
  const clips = useQuery(listClipsOptions({ path }))
  const create = useMutation({ ...createClipMutation(), onSuccess: refresh })
  const remove = useMutation({ ...deleteClipMutation(), onSuccess: refresh })
  const range = ({ from, to }: Span) => `${shortTime(from / data.sampleRate)} – ${shortTime(to / data.sampleRate)}`
  const failure = create.error ?? remove.error ?? clips.error
  return (
    <section aria-labelledby="clips" className="grid gap-2 border-t border-line pt-4">
      <h3 id="clips" className="font-semibold">
        {text.clips}
      </h3>
      <p className="text-[13px] text-muted">{mix.loop ? text.clipsHint : text.clipNeedsLoop}</p>
      {mix.loop && (
        <NewClip
          fallbackTitle={text.clipNameHint(range(mix.loop))}
          disabled={create.isPending}
          onCreate={(title) => {
            if (!mix.loop) return
            const { from, to } = mix.loop
            create.mutate({ path, body: { title, start: from, end: to, jobId: data.jobId, mix: toWire(mix) } })
          }}
        />
      )}
      <ul className="grid gap-0.5">
        {clips.data?.map((clip) => (
          <ClipRow
            key={clip.id}
            clip={clip}
            profileName={data.profile}
            range={range({ from: clip.start, to: clip.end })}
            onRemove={() => remove.mutate({ path: { clip_id: clip.id } })}
          />
        ))}
      </ul>
      {clips.data?.length === 0 && <p className="text-[13px] text-muted">{text.noClips}</p>}
      {failure && <ErrorLine>{errorText(failure)}</ErrorLine>}
    </section>
  )
}

interface NewClipProps {
  /** The title of a clip whose field is left empty. */
  fallbackTitle: string
  disabled: boolean
  onCreate: (title: string) => void
}

function NewClip({ fallbackTitle, disabled, onCreate }: NewClipProps) {
  const [title, setTitle] = useState('')
  return (
    <form
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onCreate(title.trim() || fallbackTitle)
        setTitle('')
      }}
    >
      <label className="grid min-w-40 flex-1 gap-1 text-xs text-muted">
        {text.clipName}
        <input
          className="field"
          value={title}
          maxLength={120}
          placeholder={fallbackTitle}
          onChange={(event) => setTitle(event.target.value)}
        />
      </label>
      <Button type="submit" disabled={disabled}>
        {text.keepClip}
      </Button>
    </form>
  )
}

interface ClipRowProps {
  clip: Clip
  profileName: string
  range: string
  onRemove: () => void
}

function ClipRow({ clip, profileName, range, onRemove }: ClipRowProps) {
  return (
    <li className="flex items-center gap-3">
      <Link
        to="/p/$profileName/clips/$clipId"
        params={{ profileName, clipId: clip.id }}
        className="min-w-0 flex-1 truncate rounded-sm py-1 underline underline-offset-2"
      >
        {clip.title}
      </Link>
      <span className="font-mono text-xs text-muted">{range}</span>
      <Button look="quiet" aria-label={text.deleteClipOf(clip.title)} onClick={onRemove}>
        {text.deleteClip}
      </Button>
    </li>
  )
}
