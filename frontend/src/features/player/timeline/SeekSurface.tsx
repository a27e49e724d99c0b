import type { PointerEvent, ReactNode, Ref } from 'react'
import type { Frames } from '@/audio'

interface SeekSurfaceProps {
  className: string
  /** The frame at so many pixels from the left edge of an area so wide. */
  frameAt: (x: number, width: number) => Frames
  onSeek: (frame: Frames) => void
  /** Makes it the slider that a keyboard and a screen reader use; in seconds. */
  slider?: { label: string; min: number; max: number }
  ref?: Ref<HTMLDivElement>
  children?: ReactNode
}

/** An area that stands for a stretch of the song: a click or a drag goes there. */
export function SeekSurface({ className, frameAt, onSeek, slider, ref, children }: SeekSurfaceProps) {
  const seek = ({ clientX, currentTarget }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect()
    onSeek(frameAt(clientX - left, width))
  }
  const semantics = slider
    ? {
        role: 'slider',
        tabIndex: 0,
        'aria-label': slider.label,
        'aria-valuemin': slider.min,
        'aria-valuemax': slider.max,
        'aria-valuenow': slider.min,
      }
    : { 'aria-hidden': true }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: without a slider it repeats for a pointer what the slider does
    <div
      ref={ref}
      {...semantics}
      className={`seek-surface ${className}`}
      // A click leaves no focus ring here, and takes the keys back from a fader.
      onMouseDown={(event) => {
        event.preventDefault()
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        // A finger may be about to scroll: it seeks when it moves sideways or lifts.
        if (event.pointerType === 'mouse') seek(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(event)
      }}
      onPointerUp={(event) => {
        if (event.pointerType !== 'mouse') seek(event)
      }}
    >
      {children}
    </div>
  )
}
