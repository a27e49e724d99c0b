import type { Player, StemSnapshot } from '@/audio'
import { Fader } from './Fader'
import { Meter } from './Meter'
import { StemIcon } from './StemIcon'
import { decibelText, panText, spokenPan } from './text'

interface StripProps {
  player: Player
  label: string
  state: StemSnapshot
}

/** One stem's controls: mute, solo, fader, meter, pan. Narrow screens keep name, mute and solo. */
export function Strip({ player, label, state }: StripProps) {
  const { stem, gain, muted, soloed, pan, audible } = state
  return (
    <div className="strip strip-width">
      <div className="flex items-center justify-between gap-x-2 gap-y-1.5 max-sm:flex-wrap">
        <span className={`flex min-w-0 items-center gap-2 font-semibold tracking-tight ${audible ? '' : 'text-muted'}`}>
          <StemIcon name={stem} />
          <span className="truncate">{label}</span>
        </span>
        <span className="flex gap-1">
          <button
            type="button"
            className="key key-mute"
            aria-pressed={muted}
            aria-label={`Mute ${label}`}
            onClick={() => player.setMuted(stem, !muted)}
          >
            M
          </button>
          <button
            type="button"
            className="key key-solo"
            aria-pressed={soloed}
            aria-label={`Solo ${label}`}
            onClick={() => player.setSoloed(stem, !soloed)}
          >
            S
          </button>
        </span>
      </div>
      <div className="flex items-center gap-2 max-sm:hidden">
        <Fader label={`${label} volume`} gain={gain} onChange={(value) => player.setGain(stem, value)} />
        <span className="w-16 text-right font-mono text-xs whitespace-nowrap text-muted">{decibelText(gain)}</span>
      </div>
      <div className="flex items-center gap-3">
        <Meter player={player} stem={stem} />
        <span className="flex items-center gap-1.5 max-sm:hidden">
          <input
            type="range"
            className="fader pan w-12"
            min={-100}
            max={100}
            step={5}
            value={Math.round(pan * 100)}
            aria-label={`${label} pan`}
            aria-valuetext={spokenPan(pan)}
            onChange={(event) => player.setPan(stem, event.target.valueAsNumber / 100)}
            onDoubleClick={() => player.setPan(stem, 0)}
          />
          <span aria-hidden="true" className="w-8 text-right font-mono text-[11px] whitespace-nowrap text-faint">
            {panText(pan)}
          </span>
        </span>
      </div>
    </div>
  )
}
