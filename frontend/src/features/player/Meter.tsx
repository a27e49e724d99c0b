import { useRef } from 'react'
import { type Player, type StemName, toDecibels } from '@/audio'
import { useFrames } from './hooks'

const BOTTOM_DB = -54
/** How much of its height the bar keeps from one frame to the next, so that peaks can be seen. */
const DECAY = 0.9

/** A stem's level, from -54 dB to full scale. */
export function Meter({ player, stem }: { player: Player; stem: StemName }) {
  const bar = useRef<HTMLSpanElement>(null)
  const level = useRef(0)
  useFrames(player, () => {
    const now = Math.min(1, Math.max(0, 1 - toDecibels(player.level(stem).peak) / BOTTOM_DB))
    level.current = Math.max(now, level.current * DECAY)
    const hidden = `inset(0 ${Math.round((1 - level.current) * 100)}% 0 0)`
    if (bar.current && bar.current.style.clipPath !== hidden) bar.current.style.clipPath = hidden
  })
  return (
    <span aria-hidden="true" className="h-1 flex-1 overflow-hidden rounded-full bg-line">
      <span ref={bar} className="meter block h-full" style={{ clipPath: 'inset(0 100% 0 0)' }} />
    </span>
  )
}
