import { useRef } from 'react'
import type { Frames, Player } from '@/audio'
import { useAnimationFrames, useSize } from '../drawing'

interface PlayheadProps {
  player: Player
  /** Pixels from the left edge of an area so wide. */
  xOf: (frame: Frames, width: number) => number
  className: string
}

/**
 * The line at the position and the veil over what is still to come, in the colour of `className`.
 * One element that only moves: the compositor does it, nothing is painted again.
 */
export function Playhead({ player, xOf, className }: PlayheadProps) {
  const [area, { width }] = useSize<HTMLDivElement>()
  const veil = useRef<HTMLDivElement>(null)
  useAnimationFrames(player, () => {
    // Whole device pixels: a long song moves by one only a few times a second, and the frames between cost nothing.
    const ratio = window.devicePixelRatio
    const x = Math.round(Math.min(width, Math.max(-1, xOf(player.position(), width))) * ratio) / ratio
    const transform = `translateX(${x}px)`
    if (veil.current && veil.current.style.transform !== transform) veil.current.style.transform = transform
  })
  return (
    <div ref={area} aria-hidden="true" className="pointer-events-none absolute inset-0 overflow-hidden">
      <div ref={veil} className={`absolute inset-0 border-l border-text will-change-transform ${className}`} />
    </div>
  )
}
