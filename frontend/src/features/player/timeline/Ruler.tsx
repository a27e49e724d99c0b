import { type PointerEvent, useRef } from 'react'
import { type PlayerSession, useView } from '../state/playerSession'
import { LoopBrace } from './LoopBrace'
import { Markers } from './Markers'
import { type BeatGrid, barTicks, timeTicks } from './ticks'

/** A press that moves no further than this is a click. */
const CLICK_PX = 4

/**
 * Shows time, and bars where the song's beats are known. A click goes there, a drag makes a loop.
 * beats: null while the song's tempo is not known.
 */
export function Ruler({ session, beats }: { session: PlayerSession; beats: BeatGrid | null }) {
  const { player, editor, view } = session
  const { from, to, width } = useView(view)
  const begun = useRef<number | null>(null)
  const frameAt = ({ clientX, currentTarget }: PointerEvent) =>
    view.frameAt(clientX - currentTarget.getBoundingClientRect().left)
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const start = begun.current
    if (start === null) return
    const first = start - event.currentTarget.getBoundingClientRect().left
    if (Math.abs(event.clientX - start) > CLICK_PX) {
      editor.setLoop({ from: view.frameAt(first), to: frameAt(event), on: true })
    } else if (event.type === 'pointerup') player.seek(frameAt(event) / player.sampleRate)
  }
  return (
    <div className="ruler relative h-6 border-t border-line">
      <div
        aria-hidden="true"
        className="absolute inset-0 touch-pan-y overflow-hidden font-mono text-[11px] text-faint select-none"
        onPointerDown={(event) => {
          if (event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          begun.current = event.clientX
        }}
        onPointerMove={drag}
        onPointerUp={(event) => {
          drag(event)
          begun.current = null
        }}
        onPointerCancel={() => {
          begun.current = null
        }}
      >
        {timeTicks({ from, to }, player.sampleRate, width).map(({ frame, label }) => (
          <span key={frame} className="tick" style={{ left: view.xOf(frame) }}>
            {label}
          </span>
        ))}
        {beats &&
          barTicks({ from, to }, player.sampleRate, width, beats).map(({ frame, label }) => (
            <span key={`bar ${frame}`} className="bar-tick" style={{ left: view.xOf(frame) }}>
              {label}
            </span>
          ))}
      </div>
      <LoopBrace session={session} />
      <Markers session={session} />
    </div>
  )
}
