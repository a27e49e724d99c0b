import { useRef } from 'react'
import type { Player } from '@/audio'
import { useFrames } from './hooks'

/**
 * The line at the position and the veil over what is still to come, in the colour of `className`.
 * One element that only moves: the compositor does it, nothing is painted again.
 */
export function Playhead({ player, className }: { player: Player; className: string }) {
  const veil = useRef<HTMLDivElement>(null)
  useFrames(player, () => {
    const fraction = player.frames > 0 ? player.position() / player.frames : 0
    if (veil.current) veil.current.style.transform = `translateX(${fraction * 100}%)`
  })
  return (
    <div
      ref={veil}
      aria-hidden="true"
      className={`pointer-events-none absolute inset-0 border-l border-text will-change-transform ${className}`}
    />
  )
}
