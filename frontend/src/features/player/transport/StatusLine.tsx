import { useSyncExternalStore } from 'react'
import type { Player, PlayerSnapshot } from '@/audio'
import { usePlayerSnapshot } from '../state/playerSession'
import { text } from '../text'

/** What keeps the song from sounding as asked, as a screen reader hears it too. */
export function StatusLine({ player }: { player: Player }) {
  const online = useSyncExternalStore(
    (changed) => {
      window.addEventListener('online', changed)
      window.addEventListener('offline', changed)
      return () => {
        window.removeEventListener('online', changed)
        window.removeEventListener('offline', changed)
      }
    },
    () => navigator.onLine,
  )
  return (
    <p role="status" className="max-w-72 text-xs text-muted empty:hidden">
      {statusText(usePlayerSnapshot(player), online)}
    </p>
  )
}

export function statusText({ transport, problem, stems }: PlayerSnapshot, online: boolean): string {
  if (problem) return text.problems[problem]
  if (!online) return text.offline
  if (transport === 'waiting') return text.loading
  const failed = stems.filter(({ load }) => load.kind === 'failed').length
  return failed > 0 ? text.stemsMissing(failed, stems.length) : ''
}
