import type { CSSProperties } from 'react'
import type { PlayerData, Track } from '@/api/generated'
import type { LoadFailure, LoadState, Player, StemSnapshot } from '@/audio'
import { Button } from '@/ui/Button'
import { stemColour, stemLabel } from '@/ui/stems'
import { OVERVIEW_FRAMES } from './peaks'
import { StemIcon } from './StemIcon'
import { Strip } from './Strip'
import { Waveform } from './Waveform'

interface LaneRowProps {
  player: Player
  data: PlayerData
  track: Track
  state: StemSnapshot
}

/** One stem: its strip on the left, its waveform beside. */
export function LaneRow({ player, data, track, state }: LaneRowProps) {
  return (
    <section aria-label={track.label} className="lane" style={{ '--c': stemColour(track.name) } as CSSProperties}>
      <Strip player={player} label={track.label} state={state} />
      <div className="relative min-w-0">
        <div className={`absolute inset-0 transition-opacity ${state.audible ? '' : 'opacity-30'}`}>
          <Waveform
            outline={{ framesPerPoint: OVERVIEW_FRAMES, pairs: track.overview }}
            peaksUrl={track.peaksUrl}
            frames={data.frames}
            colour="var(--c)"
          />
        </div>
        <LoadNote load={state.load} label={track.label} onRetry={() => player.retry(track.name)} />
      </div>
    </section>
  )
}

/** The place of a stem that is still being separated. */
export function PendingLane({ name }: { name: string }) {
  return (
    <section
      aria-label={stemLabel(name)}
      className="lane text-muted"
      style={{ '--c': stemColour(name) } as CSSProperties}
    >
      <div className="strip strip-width">
        <span className="flex items-center gap-2 font-semibold tracking-tight">
          <StemIcon name={name} />
          {stemLabel(name)}
        </span>
      </div>
      <p className="relative z-10 self-center px-4 text-xs">Still being separated</p>
    </section>
  )
}

const REASONS: Record<LoadFailure, string> = {
  missing: 'its file is not on the server',
  forbidden: 'its address is no longer valid; load the page anew',
  network: 'the connection was lost',
  undecodable: 'this browser cannot decode its file',
}

function LoadNote({ load, label, onRetry }: { load: LoadState; label: string; onRetry: () => void }) {
  if (load.kind === 'ready') return null
  if (load.kind === 'loading') {
    return <p className="load-note text-muted">{load.retrying ? 'Trying again' : 'Loading'}</p>
  }
  return (
    <div role="alert" className="load-note flex flex-wrap items-center gap-3 text-text">
      <span>
        {label} cannot be played: {REASONS[load.failure]}.
      </span>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  )
}
