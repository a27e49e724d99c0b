import type { KeyboardEvent, PointerEvent } from 'react'
import type { Frames } from '@/audio'
import { spokenTime } from '../format'
import { type PlayerSession, useMixEditor, useView } from '../state/playerSession'
import { text } from '../text'

const STEP_S = 0.1
const LEAP_S = 1

/** The loop in the ruler: a brace whose two ends can be dragged, or moved by keys. */
export function LoopBrace({ session }: { session: PlayerSession }) {
  const { editor, view } = session
  const { loop } = useMixEditor(editor).mix
  useView(view)
  if (!loop) return null
  const left = view.xOf(loop.from)
  const right = view.xOf(loop.to)
  return (
    <div className="pointer-events-none absolute inset-0 overflow-hidden">
      <div className="brace" data-on={loop.on} style={{ left, width: right - left }} />
      <End
        session={session}
        label={text.loopStart}
        frame={loop.from}
        onMove={(from) => editor.setLoop({ ...loop, from: Math.min(from, loop.to - 1) })}
      />
      <End
        session={session}
        label={text.loopEnd}
        frame={loop.to}
        onMove={(to) => editor.setLoop({ ...loop, to: Math.max(to, loop.from + 1) })}
      />
    </div>
  )
}

interface EndProps {
  session: PlayerSession
  label: string
  frame: Frames
  onMove: (frame: Frames) => void
}

function End({ session: { player, view }, label, frame, onMove }: EndProps) {
  const seconds = frame / player.sampleRate
  const press = (event: KeyboardEvent) => {
    const step = (event.shiftKey ? LEAP_S : STEP_S) * player.sampleRate
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step }[event.key]
    if (by === undefined) return
    event.preventDefault()
    onMove(frame + by)
  }
  const drag = (event: PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const area = event.currentTarget.parentElement?.getBoundingClientRect()
    if (area) onMove(view.frameAt(event.clientX - area.left))
  }
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.ceil(player.frames / player.sampleRate)}
      aria-valuenow={Number(seconds.toFixed(1))}
      aria-valuetext={spokenTime(seconds)}
      className="brace-end"
      style={{ left: view.xOf(frame) }}
      onKeyDown={press}
      onPointerDown={(event) => {
        event.stopPropagation()
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={drag}
    />
  )
}
