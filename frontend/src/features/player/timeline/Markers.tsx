import { useId } from 'react'
import { Button } from '@/ui/Button'
import { timeCode } from '../format'
import type { Marker } from '../state/mix'
import { type PlayerSession, useMixEditor, useView } from '../state/playerSession'
import { text } from '../text'

const MAX_LABEL = 60

/** The flags in the ruler. Each opens a small sheet to go there, name it, take it away. */
export function Markers({ session }: { session: PlayerSession }) {
  const { editor, view } = session
  const { markers } = useMixEditor(editor).mix
  const { from, to } = useView(view)
  const shown = markers.filter(({ frame }) => frame >= from && frame <= to)
  return shown.map((marker) => <Flag key={marker.frame} session={session} marker={marker} />)
}

function Flag({ session: { player, editor, view }, marker }: { session: PlayerSession; marker: Marker }) {
  const id = useId()
  const { frame, label } = marker
  const time = timeCode(frame / player.sampleRate)
  const go = () => player.seek(frame / player.sampleRate)
  return (
    <>
      <button
        type="button"
        className="flag"
        style={{ left: view.xOf(frame) }}
        popoverTarget={id}
        aria-label={text.marker(label, time)}
        title={text.marker(label, time)}
        onDoubleClick={go}
      >
        <span aria-hidden="true">{label || '◆'}</span>
      </button>
      <div id={id} popover="auto" className="sheet w-64">
        <p className="pb-2 font-mono text-xs text-muted">{time}</p>
        <label className="grid gap-1 text-xs text-muted">
          {text.markerName}
          <input
            className="field"
            defaultValue={label}
            maxLength={MAX_LABEL}
            onChange={(event) => editor.nameMarker(frame, event.target.value)}
          />
        </label>
        <div className="flex justify-between gap-2 pt-3">
          <Button onClick={() => editor.removeMarker(frame)}>{text.removeMarker}</Button>
          <Button look="primary" popoverTarget={id} popoverTargetAction="hide" onClick={go}>
            {text.goThere}
          </Button>
        </div>
      </div>
    </>
  )
}
