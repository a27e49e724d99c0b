import type { CSSProperties } from 'react'
import type { Track } from '@/api/generated'
import type { Channel, LoadState, StemSnapshot } from '@/audio'
import { Button } from '@/ui/Button'
import { stemColour, stemLabel } from '@/ui/stems'
import { StemIcon } from '../mixer/StemIcon'
import { Strip } from '../mixer/Strip'
import type { PlayerSession } from '../state/playerSession'
import { text } from '../text'
import { Waveform } from './Waveform'

interface LaneRowProps {
  session: PlayerSession
  track: Track
  strip: Channel
  state: StemSnapshot
}

/** One stem: its strip on the left, its waveform beside. */
export function LaneRow({ session, track, strip, state }: LaneRowProps) {
  const { player, view } = session
  return (
    <section aria-label={track.label} className="lane" style={{ '--c': stemColour(track.name) } as CSSProperties}>
      <Strip session={session} stem={track.name} label={track.label} strip={strip} audible={state.audible} />
      <div className="relative min-w-0" style={{ color: 'var(--c)' }}>
        <div className={`absolute inset-0 transition-opacity ${state.audible ? '' : 'opacity-30'}`}>
          <Waveform track={track} span={view.snapshot} subscribe={view.subscribe} />
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
      <p className="relative z-10 self-center px-4 text-xs">{text.pending}</p>
    </section>
  )
}

function LoadNote({ load, label, onRetry }: { load: LoadState; label: string; onRetry: () => void }) {
  if (load.kind === 'ready') return null
  if (load.kind === 'loading') {
    return <p className="load-note text-muted">{load.retrying ? text.retrying : text.loading}</p>
  }
  return (
    <div role="alert" className="load-note flex flex-wrap items-center gap-3 text-text">
      <span>{text.stemFailed(label, text.reasons[load.failure])}</span>
      <Button onClick={onRetry}>{text.retry}</Button>
    </div>
  )
}
