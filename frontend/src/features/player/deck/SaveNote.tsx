import type { SavedMix } from '@/api/generated'
import { Button } from '@/ui/Button'
import type { MixEditor } from '../state/mixEditor'
import { useSaving } from '../state/useMix'
import { text } from '../text'

/** Saves the mix, and says when that does not work. */
export function SaveNote({ recordingId, editor, saved }: { recordingId: string; editor: MixEditor; saved: SavedMix }) {
  const { state, settle } = useSaving(recordingId, editor, saved)
  if (state === 'stale') {
    return (
      <div role="alert" className="note-bar">
        <span>{text.stale}</span>
        <Button onClick={() => void settle(false)}>{text.useTheirs}</Button>
        <Button onClick={() => void settle(true)}>{text.keepMine}</Button>
      </div>
    )
  }
  return (
    <p role="status" className="note-bar empty:hidden">
      {state === 'failed' ? text.saveFailed : ''}
    </p>
  )
}
