import type { PlayerData } from '@/api/generated'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import type { PlayerSession } from '../state/playerSession'
import { Clips } from './Clips'
import { Links } from './Links'
import { text } from './text'

interface ShareDialogProps {
  session: PlayerSession
  data: PlayerData
  onClose: () => void
}

/** Links to this mix, and clips of this recording. */
export function ShareDialog({ session, data, onClose }: ShareDialogProps) {
  return (
    <Dialog title={text.title} onClose={onClose}>
      <Links session={session} data={data} />
      <Clips session={session} data={data} />
      <form method="dialog" className="flex justify-end">
        <Button type="submit">{text.close}</Button>
      </form>
    </Dialog>
  )
}
