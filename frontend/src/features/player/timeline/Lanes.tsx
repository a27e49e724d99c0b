import { type RefCallback, useCallback, useRef } from 'react'
import type { PlayerData } from '@/api/generated'
import { useDrawOnChange } from '../drawing'
import { stripOf } from '../state/mix'
import { type PlayerSession, useMixEditor, usePlayerSnapshot } from '../state/playerSession'
import type { View } from '../state/view'
import { LaneRow, PendingLane } from './Lane'
import { Playhead } from './Playhead'
import { SeekSurface } from './SeekSurface'

/** A lane per stem, and over all of them the loop and the playhead. pending: stems that are still being separated. */
export function Lanes({
  session,
  data,
  pending,
}: {
  session: PlayerSession
  data: PlayerData
  pending: readonly string[]
}) {
  const { player, editor, view } = session
  const { mix } = useMixEditor(editor)
  const states = new Map(usePlayerSnapshot(player).stems.map((stem) => [stem.stem, stem]))
  return (
    <main id="content" className="lanes relative flex-1">
      {data.stems.map((track) => {
        const state = states.get(track.name)
        return (
          state && (
            <LaneRow key={track.name} session={session} track={track} strip={stripOf(mix, track.name)} state={state} />
          )
        )
      })}
      {pending.map((name) => (
        <PendingLane key={name} name={name} />
      ))}
      <div className="beside-strip absolute inset-y-0 overflow-hidden" ref={useWheel(view)}>
        <LoopShade session={session} />
        <SeekSurface
          className="absolute inset-0"
          frameAt={(x) => view.frameAt(x)}
          onSeek={(frame) => player.seek(frame / player.sampleRate)}
        >
          <Playhead player={player} xOf={(frame) => view.xOf(frame)} className="bg-bg/55" />
        </SeekSurface>
      </div>
    </main>
  )
}

/** The loop as a lighter stretch behind the playhead. */
function LoopShade({ session: { editor, view } }: { session: PlayerSession }) {
  const { loop } = useMixEditor(editor).mix
  const shade = useRef<HTMLDivElement>(null)
  const place = () => {
    if (!shade.current || !loop) return
    const left = view.xOf(loop.from)
    shade.current.style.transform = `translateX(${left}px)`
    shade.current.style.width = `${view.xOf(loop.to) - left}px`
  }
  useDrawOnChange(view.subscribe, place)
  useDrawOnChange(editor.subscribe, place)
  if (!loop) return null
  return <div ref={shade} aria-hidden="true" className={`loop-shade ${loop.on ? '' : 'opacity-50'}`} />
}

/** The wheel scrolls sideways, with Ctrl it zooms around the pointer. Keeps the view as wide as the area. */
function useWheel(view: View): RefCallback<HTMLElement> {
  return useCallback(
    (area) => {
      if (!area) return
      const size = new ResizeObserver(([entry]) => {
        if (entry) view.setWidth(Math.round(entry.contentRect.width))
      })
      size.observe(area)
      const turn = (event: WheelEvent) => {
        const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX
        if (event.ctrlKey || event.metaKey) {
          const x = event.clientX - area.getBoundingClientRect().left
          view.zoom(Math.exp(-event.deltaY / 300), view.frameAt(x))
        } else if (sideways !== 0 && view.snapshot().zoomed) view.scrollBy(sideways)
        else return
        event.preventDefault()
      }
      // React's own listener could not keep the browser from scrolling.
      area.addEventListener('wheel', turn, { passive: false })
      return () => {
        size.disconnect()
        area.removeEventListener('wheel', turn)
      }
    },
    [view],
  )
}
