import type { Channel, StemName } from '@/audio'
import { decibelText, panText, spokenPan } from '../format'
import type { PlayerSession } from '../state/playerSession'
import { text } from '../text'
import { Fader } from './Fader'
import { Meter } from './Meter'
import { StemIcon } from './StemIcon'

interface StripProps {
  session: PlayerSession
  stem: StemName
  label: string
  strip: Channel
  audible: boolean
}

/** One stem's controls: mute, solo, fader, meter, pan. Narrow screens keep name, mute and solo. */
export function Strip({ session, stem, label, strip, audible }: StripProps) {
  const { player, editor } = session
  return (
    <div className="strip strip-width">
      <div className="flex items-center justify-between gap-x-2 gap-y-1.5 max-sm:flex-wrap">
        <span className={`flex min-w-0 items-center gap-2 font-semibold tracking-tight ${audible ? '' : 'text-muted'}`}>
          <StemIcon name={stem} />
          <span className="truncate">{label}</span>
        </span>
        <MuteSolo session={session} stem={stem} label={label} strip={strip} />
      </div>
      <div className="flex items-center gap-2 max-sm:hidden">
        <Fader label={text.volumeOf(label)} gain={strip.gain} onChange={(gain) => editor.setGain(stem, gain)} />
        <span className="w-16 text-right font-mono text-xs whitespace-nowrap text-muted">
          {decibelText(strip.gain)}
        </span>
      </div>
      <div className="flex items-center gap-3">
        <Meter player={player} label={label} level={() => player.level(stem)} />
        <Pan session={session} stem={stem} label={label} pan={strip.pan} />
      </div>
    </div>
  )
}

type ControlProps = Pick<StripProps, 'session' | 'stem' | 'label'>

export function MuteSolo({ session: { editor }, stem, label, strip }: ControlProps & { strip: Channel }) {
  return (
    <span className="flex gap-1">
      <Key look="key-mute" label={text.muteOf(label)} pressed={strip.muted} onPress={(on) => editor.setMuted(stem, on)}>
        M
      </Key>
      <Key
        look="key-solo"
        label={text.soloOf(label)}
        pressed={strip.soloed}
        onPress={(on) => editor.setSoloed(stem, on)}
      >
        S
      </Key>
    </span>
  )
}

interface KeyProps {
  look: 'key-mute' | 'key-solo'
  label: string
  pressed: boolean
  onPress: (on: boolean) => void
  children: string
}

function Key({ look, label, pressed, onPress, children }: KeyProps) {
  return (
    <button
      type="button"
      className={`key ${look}`}
      aria-pressed={pressed}
      aria-label={label}
      onClick={() => onPress(!pressed)}
    >
      {children}
    </button>
  )
}

function Pan({ session: { editor }, stem, label, pan }: ControlProps & { pan: number }) {
  return (
    <span className="flex items-center gap-1.5 max-sm:hidden">
      <input
        type="range"
        className="fader pan w-12"
        min={-100}
        max={100}
        step={5}
        value={Math.round(pan * 100)}
        aria-label={text.panOf(label)}
        aria-valuetext={spokenPan(pan)}
        onChange={(event) => editor.setPan(stem, event.target.valueAsNumber / 100)}
        onDoubleClick={() => editor.setPan(stem, 0)}
      />
      <span aria-hidden="true" className="w-8 text-right font-mono text-[11px] whitespace-nowrap text-faint">
        {panText(pan)}
      </span>
    </span>
  )
}
