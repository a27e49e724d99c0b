import { useRef, useState } from 'react'
import { type Level, type Player, toDecibels } from '@/audio'
import { useAnimationFrames } from '../drawing'
import { text } from '../text'

const BOTTOM_DB = -54
/** How much of its height the bar keeps from one frame to the next, so that peaks can be seen. */
const DECAY = 0.9

interface MeterProps {
  player: Player
  label: string
  level: () => Level
}

/** A level from -54 dB to full scale. What went above full scale is shown until somebody has seen it. */
export function Meter({ player, label, level }: MeterProps) {
  const bar = useRef<HTMLSpanElement>(null)
  const height = useRef(0)
  const [clipped, setClipped] = useState(false)
  useAnimationFrames(player, () => {
    const { peak, clipped: over } = level()
    if (over !== clipped) setClipped(over)
    const now = Math.min(1, Math.max(0, 1 - toDecibels(peak) / BOTTOM_DB))
    height.current = Math.max(now, height.current * DECAY)
    const hidden = `inset(0 ${Math.round((1 - height.current) * 100)}% 0 0)`
    if (bar.current && bar.current.style.clipPath !== hidden) bar.current.style.clipPath = hidden
  })
  return (
    <span className="flex min-w-0 flex-1 items-center gap-1">
      <span aria-hidden="true" className="h-1 flex-1 overflow-hidden rounded-full bg-line">
        <span ref={bar} className="meter block h-full" style={{ clipPath: 'inset(0 100% 0 0)' }} />
      </span>
      {clipped ? (
        <button
          type="button"
          className="clip-light bg-bad"
          aria-label={text.clipped(label)}
          title={text.clipped(label)}
          onClick={() => {
            player.clearClips()
            setClipped(false)
          }}
        />
      ) : (
        <span aria-hidden="true" className="clip-light bg-line" />
      )}
    </span>
  )
}
