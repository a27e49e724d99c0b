import { lazy, Suspense } from 'react'
import type { PlayerData } from '@/api/generated'
import type { Span } from '@/audio'
import type { PlayerSession } from '../state/playerSession'
import { HelpDialog } from './HelpDialog'
import { MixerDialog } from './MixerDialog'

export type OpenDialog = 'export' | 'help' | 'share' | 'mixer'

const ExportDialog = lazy(() => import('../export/ExportDialog').then((module) => ({ default: module.ExportDialog })))
const ShareDialog = lazy(() => import('../share/ShareDialog').then((module) => ({ default: module.ShareDialog })))

interface DialogsProps {
  open: OpenDialog | null
  session: PlayerSession
  data: PlayerData
  title: string
  clip?: Span | null
  editable: boolean
  onOpen: (dialog: OpenDialog) => void
  onClose: () => void
}

/** At most one sheet above the player; those that few people open come when they are asked for. */
export function Dialogs({ open, session, data, title, clip = null, editable, onOpen, onClose }: DialogsProps) {
  if (open === 'help') return <HelpDialog onClose={onClose} />
  if (open === 'mixer') {
    return (
      <MixerDialog session={session} data={data} onShare={editable ? () => onOpen('share') : null} onClose={onClose} />
    )
  }
  return (
    <Suspense>
      {open === 'export' && (
        <ExportDialog session={session} data={data} title={title} clip={clip} editable={editable} onClose={onClose} />
      )}
      {open === 'share' && <ShareDialog session={session} data={data} onClose={onClose} />}
    </Suspense>
  )
}
