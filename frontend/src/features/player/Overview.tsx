import { useRef } from 'react'
import type { PlayerData } from '@/api/generated'
import type { Player } from '@/audio'
import { clock } from '@/ui/format'
import { useFrames, useSize } from './hooks'
import { Playhead } from './Playhead'
import { OVERVIEW_FRAMES } from './peaks'
import { SeekSurface } from './SeekSurface'
import { spokenTime } from './text'
import { ticks } from './ticks'
import { Waveform } from './Waveform'

/** The song at a glance: title, the mixture's outline and a ruler. It is also the slider for the position. */
export function Overview({ player, data }: { player: Player; data: PlayerData }) {
  const duration = data.frames / data.sampleRate
  const slider = useRef<HTMLDivElement>(null)
  useFrames(player, () => {
    const position = player.position() / player.sampleRate
    slider.current?.setAttribute('aria-valuenow', String(Math.floor(position)))
    slider.current?.setAttribute('aria-valuetext', `${spokenTime(position)} of ${spokenTime(duration)}`)
  })
  return (
    <section aria-label="Overview" className="sticky top-0 z-20 flex border-b border-line bg-surface">
      <div className="strip-width flex flex-col justify-center gap-0.5 px-3 sm:px-5">
        <h1 className="truncate text-[15px] font-semibold tracking-tight max-sm:text-xs">{data.title}</h1>
        <p className="text-xs text-muted">{clock(duration)}</p>
      </div>
      <SeekSurface
        ref={slider}
        player={player}
        className="relative min-w-0 flex-1 overflow-hidden"
        slider={{ label: 'Position', max: Math.ceil(duration) }}
      >
        <div className="relative h-[52px]">
          <Waveform
            outline={{ framesPerPoint: OVERVIEW_FRAMES, pairs: data.mixture.overview }}
            peaksUrl={data.mixture.peaksUrl}
            frames={data.frames}
            colour="var(--muted)"
          />
          <Playhead player={player} className="bg-surface/55" />
        </div>
        <Ruler duration={duration} />
      </SeekSurface>
    </section>
  )
}

function Ruler({ duration }: { duration: number }) {
  const [ruler, { width }] = useSize<HTMLDivElement>()
  return (
    <div ref={ruler} aria-hidden="true" className="relative h-6 border-t border-line font-mono text-[11px] text-faint">
      {ticks(duration, width).map(({ time, label }) => (
        <span
          key={time}
          className="absolute top-1 h-5 border-l border-line pl-1.5"
          style={{ left: `${(time / duration) * 100}%` }}
        >
          {label}
        </span>
      ))}
    </div>
  )
}
