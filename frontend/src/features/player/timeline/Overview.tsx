import { type ReactNode, useRef } from 'react'
import type { PlayerData } from '@/api/generated'
import { formatClock } from '@/ui/format'
import { useAnimationFrames, useDrawOnChange } from '../drawing'
import { spokenTime } from '../format'
import type { PlayerSession } from '../state/playerSession'
import { text } from '../text'
import { Playhead } from './Playhead'
import { Ruler } from './Ruler'
import { SeekSurface } from './SeekSurface'
import { Waveform } from './Waveform'

const neverChanges = () => () => {}

interface OverviewProps {
  session: PlayerSession
  data: PlayerData
  title: string
  /** What is done to the whole mix, beside the title. */
  tools: ReactNode
}

/** The song at a glance: title, the mixture's outline and a ruler. It is also the slider for the position. */
export function Overview({ session, data, title, tools }: OverviewProps) {
  const { player, view } = session
  const { from, to } = view.bounds
  const seconds = (frame: number) => (frame - from) / player.sampleRate
  const length = to - from
  const slider = useRef<HTMLDivElement>(null)
  useAnimationFrames(player, () => {
    const position = player.position()
    if (view.snapshot().follow && player.snapshot().transport === 'playing') view.reveal(position)
    slider.current?.setAttribute('aria-valuenow', String(Math.floor(seconds(position))))
    slider.current?.setAttribute('aria-valuetext', text.of(spokenTime(seconds(position)), spokenTime(seconds(to))))
  })
  return (
    <section aria-label={text.overview} className="sticky top-0 z-20 flex border-b border-line bg-surface">
      <div className="strip-width flex flex-col justify-center gap-0.5 px-3 sm:px-5">
        <h1 className="truncate text-[15px] font-semibold tracking-tight max-sm:text-xs">{title}</h1>
        <div className="flex items-center justify-between gap-1">
          <p className="text-xs text-muted">{formatClock(length / data.sampleRate)}</p>
          {tools}
        </div>
      </div>
      <div className="min-w-0 flex-1">
        <SeekSurface
          ref={slider}
          className="relative h-[52px] overflow-hidden"
          slider={{ label: text.position, min: 0, max: Math.ceil(length / data.sampleRate) }}
          frameAt={(x, width) => Math.round(Math.min(to, Math.max(from, from + (x / width) * length)))}
          onSeek={(frame) => {
            player.seek(frame / player.sampleRate)
            view.reveal(frame)
          }}
        >
          <div className="absolute inset-0 text-muted">
            <Waveform track={data.mixture} span={() => view.bounds} subscribe={neverChanges} />
          </div>
          <Playhead
            player={player}
            xOf={(frame, width) => ((frame - from) / length) * width}
            className="bg-surface/55"
          />
          <Window session={session} />
        </SeekSurface>
        <Ruler session={session} beats={null} />
      </div>
    </section>
  )
}

/** What the lanes show of the song; as wide as the song until somebody zooms. */
function Window({ session: { view } }: { session: PlayerSession }) {
  const frame = useRef<HTMLDivElement>(null)
  useDrawOnChange(view.subscribe, () => {
    const { from, to } = view.snapshot()
    const { bounds } = view
    const length = bounds.to - bounds.from
    if (!frame.current) return
    frame.current.style.left = `${((from - bounds.from) / length) * 100}%`
    frame.current.style.right = `${((bounds.to - to) / length) * 100}%`
  })
  return <div ref={frame} aria-hidden="true" className="minimap-window" />
}
