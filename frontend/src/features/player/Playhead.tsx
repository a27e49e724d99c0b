import type { Player } from '@/audio'
import { useFrames, useSize } from './hooks'

/**
 * The line at the position and the veil over what is still to come, in the colour of `className`.
 * One element that only moves: the compositor does it, nothing is painted again.
 */
export function Playhead({ player, className }: { player: Player; className: string }) {
  const [veil, { width }] = useSize<HTMLDivElement>()
  useFrames(player, () => {
    // Whole device pixels: a long song moves by one only a few times a second, and the frames between cost nothing.
    const steps = Math.round(width * window.devicePixelRatio) || 1000
    const step = Math.round((player.position() / player.frames) * steps)
    const transform = `translateX(${(100 * step) / steps}%)`
    if (veil.current && veil.current.style.transform !== transform) veil.current.style.transform = transform
  })
  return (
    <div
      ref={veil}
      aria-hidden="true"
      className={`pointer-events-none absolute inset-0 border-l border-text will-change-transform ${className}`}
    />
  )
}
