import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { getClipOptions, getPlayerOptions } from '@/api/generated/@tanstack/react-query.gen'
import { isNotFound } from '@/api/problem'
import { buttonClass } from '@/ui/Button'
import { Deck } from '../deck/Deck'
import { Crumbs } from '../deck/Header'
import { text } from '../share/text'
import { fromWire } from '../state/mix'
import { NotThere } from './NotThere'
import { Opening } from './PlayerScreen'

/** A clip: the player for its range only, going round in it. */
export function ClipScreen({ profileName, clipId }: { profileName: string; clipId: string }) {
  const clip = useQuery({ ...getClipOptions({ path: { clip_id: clipId } }), staleTime: Number.POSITIVE_INFINITY })
  const player = useQuery({
    ...getPlayerOptions({
      path: { recording_id: clip.data?.recordingId ?? '' },
      ...(clip.data && { query: { job: clip.data.jobId } }),
    }),
    enabled: clip.isSuccess,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const opened = useMemo(() => {
    if (!clip.data || !player.data) return null
    const span = { from: clip.data.start, to: Math.min(clip.data.end, player.data.frames) }
    return { span, mix: { ...fromWire(clip.data.mix, player.data.frames), loop: { ...span, on: true } } }
  }, [clip.data, player.data])
  if (clip.isError && isNotFound(clip.error)) return <NotThere title={text.noClip}>{text.noClipHint}</NotThere>
  if (!clip.data || !player.data || !opened) {
    const failed = [clip, player].find(({ isError }) => isError)
    return <Opening error={failed ? failed.error : null} onRetry={() => failed?.refetch()} />
  }
  const { recordingId } = clip.data
  return (
    <Deck
      data={player.data}
      title={clip.data.title}
      mix={opened.mix}
      saved={null}
      clip={opened.span}
      editable={false}
      heading={
        <>
          <Crumbs profileName={profileName} title={clip.data.title} />
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={{ profileName, recordingId }}
            title={text.clipOf(player.data.title)}
            className={`${buttonClass()} max-sm:hidden`}
          >
            {text.wholeSong}
          </Link>
        </>
      }
    />
  )
}
