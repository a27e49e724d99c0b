import { type ReactNode, useState } from 'react'
import type { PlayerData, SavedMix } from '@/api/generated'
import type { Span } from '@/audio'
import { AppHeader } from '@/ui/AppHeader'
import { Notice } from '@/ui/Notice'
import { useMediaSession } from '../keyboard/mediaSession'
import { useShortcuts } from '../keyboard/useShortcuts'
import type { MixState } from '../state/mix'
import { type PlayerSession, usePlayerSession, useStemSources } from '../state/playerSession'
import { text } from '../text'
import { Lanes } from '../timeline/Lanes'
import { Overview } from '../timeline/Overview'
import { MixTools } from '../transport/Tools'
import { TransportBar } from '../transport/TransportBar'
import { Dialogs, type OpenDialog } from './Dialogs'
import { Actions } from './Header'
import { SaveNote } from './SaveNote'
import '../player.css'

export interface DeckProps {
  data: PlayerData
  title: string
  /** The mix that the player opens with. */
  mix: MixState
  /** The stored mix that changes are saved to; null keeps them on this screen only. */
  saved: SavedMix | null
  /** The range that a clip is; null is the whole song. */
  clip?: Span | null
  /** Stems that are still being separated. */
  pending?: readonly string[]
  /** What this job is compared with, at equal loudness. */
  compared?: readonly PlayerData[]
  /** May links and clips be made here? */
  editable: boolean
  /** The header's own content, left of what can be done. */
  heading: ReactNode
  banner?: ReactNode
}

/** Header, overview, a lane per stem and the transport of one job's stems. */
export function Deck(props: DeckProps) {
  const { data, title, mix, clip = null, heading, banner } = props
  const session = usePlayerSession(data, mix, clip)
  const [dialog, setDialog] = useState<OpenDialog | null>(null)
  const open = (next: OpenDialog) => setDialog(next)
  return (
    <div className="player flex min-h-dvh flex-col">
      <title>{text.pageTitle(title)}</title>
      <AppHeader>
        {heading}
        <Actions onShare={props.editable ? () => open('share') : undefined} onExport={() => open('export')} />
      </AppHeader>
      {banner}
      {typeof AudioContext === 'undefined' && (
        <div className="p-3">
          <Notice urgent title={text.problems['no-web-audio']} />
        </div>
      )}
      {session && <Surface {...props} session={session} onOpen={open} />}
      {session && <Dialogs {...props} session={session} open={dialog} onClose={() => setDialog(null)} onOpen={open} />}
    </div>
  )
}

interface SurfaceProps extends DeckProps {
  session: PlayerSession
  onOpen: (dialog: OpenDialog) => void
}

function Surface({ session, data, title, saved, pending = [], compared = [], onOpen }: SurfaceProps) {
  const target = { ...session, open: onOpen }
  useShortcuts(target)
  useStemSources(session, data, compared)
  useMediaSession(target, title)
  return (
    <>
      {saved && <SaveNote recordingId={data.recordingId} editor={session.editor} saved={saved} />}
      <Overview session={session} data={data} title={title} tools={<MixTools session={session} />} />
      <Lanes session={session} data={data} pending={pending} />
      <TransportBar target={target} onMixer={() => onOpen('mixer')} />
    </>
  )
}
