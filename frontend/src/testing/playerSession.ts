import { type MixState, NEUTRAL } from '@/features/player/state/mix'
import { MixEditor } from '@/features/player/state/mixEditor'
import type { PlayerSession } from '@/features/player/state/playerSession'
import { View } from '@/features/player/state/view'
import { FakePlayer } from './fakePlayer'

/** A session with a song of 100 s at 100 Hz in a view 50 pixels wide: a pixel is 200 frames, two seconds. */
export function aSession(mix: Partial<MixState> = {}, stems: readonly string[] = ['drums', 'vocals']) {
  const player = new FakePlayer()
  const editor = new MixEditor(player, stems, { ...NEUTRAL, ...mix })
  const view = new View({ from: 0, to: player.frames })
  view.setWidth(50)
  return { player, editor, view } satisfies PlayerSession
}
