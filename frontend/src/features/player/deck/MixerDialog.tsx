import type { CSSProperties } from 'react'
import type { PlayerData } from '@/api/generated'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { stemColour } from '@/ui/stems'
import { decibelText } from '../format'
import { RedoIcon, UndoIcon } from '../icons'
import { Fader } from '../mixer/Fader'
import { MuteSolo } from '../mixer/Strip'
import { stripOf } from '../state/mix'
import { type PlayerSession, useMixEditor } from '../state/playerSession'
import { text } from '../text'
import { TempoAndPitch } from '../transport/Readouts'
import { Presets, ToolButton } from '../transport/Tools'

interface MixerDialogProps {
  session: PlayerSession
  data: PlayerData
  /** null where nothing may be shared. */
  onShare: (() => void) | null
  onClose: () => void
}

/** What a narrow screen has no room for beside the lanes: faders, tempo, pitch, presets, undo. */
export function MixerDialog({ session, data, onShare, onClose }: MixerDialogProps) {
  const { editor } = session
  const { mix, canUndo, canRedo } = useMixEditor(editor)
  return (
    <Dialog title={text.mixer} onClose={onClose}>
      <div className="flex items-center gap-1">
        <ToolButton label={text.undo} disabled={!canUndo} onClick={() => editor.undo()}>
          <UndoIcon />
        </ToolButton>
        <ToolButton label={text.redo} disabled={!canRedo} onClick={() => editor.redo()}>
          <RedoIcon />
        </ToolButton>
        <Presets session={session} />
      </div>
      <ul className="grid gap-3">
        {data.stems.map(({ name, label }) => {
          const strip = stripOf(mix, name)
          return (
            <li key={name} className="grid gap-1" style={{ '--c': stemColour(name) } as CSSProperties}>
              <span className="flex items-center justify-between text-[13px] font-medium">
                {label}
                <MuteSolo session={session} stem={name} label={label} strip={strip} />
              </span>
              <span className="flex items-center gap-2">
                <Fader label={text.volumeOf(label)} gain={strip.gain} onChange={(gain) => editor.setGain(name, gain)} />
                <span className="w-16 text-right font-mono text-xs text-muted">{decibelText(strip.gain)}</span>
              </span>
            </li>
          )
        })}
        <li className="flex items-center gap-2 border-t border-line pt-3">
          <span className="w-14 text-[13px] font-medium">{text.master}</span>
          <Fader label={text.volumeOf(text.master)} gain={mix.master} onChange={(gain) => editor.setMaster(gain)} />
          <span className="w-16 text-right font-mono text-xs text-muted">{decibelText(mix.master)}</span>
        </li>
      </ul>
      <dl className="readouts border-t border-line pt-3">
        <TempoAndPitch editor={editor} />
      </dl>
      <label className="flex items-center gap-2 text-[13px]">
        <input type="checkbox" checked={mix.limiter} onChange={(event) => editor.setLimiter(event.target.checked)} />
        {text.limiter}
        <span className="text-muted">{text.limiterHint}</span>
      </label>
      <form method="dialog" className="flex justify-end gap-2">
        {onShare && <Button onClick={onShare}>{text.share}</Button>}
        <Button type="submit">{text.close}</Button>
      </form>
    </Dialog>
  )
}
