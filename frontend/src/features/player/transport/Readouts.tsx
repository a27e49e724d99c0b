import { PITCH_RANGE, type Player, TEMPO_RANGE } from '@/audio'
import { shortTime } from '../format'
import type { MixEditor } from '../state/mixEditor'
import { useMixEditor } from '../state/playerSession'
import { text } from '../text'

/** Loop, tempo and pitch with their figures. */
export function Readouts({ player, editor }: { player: Player; editor: MixEditor }) {
  const { mix } = useMixEditor(editor)
  const at = (frame: number) => shortTime(frame / player.sampleRate)
  return (
    <dl className="readouts">
      <div>
        <dt>{text.loop}</dt>
        <dd className={mix.loop?.on ? '' : 'text-faint'}>
          {mix.loop ? `${at(mix.loop.from)} – ${at(mix.loop.to)}` : text.noLoop}
        </dd>
      </div>
      <TempoAndPitch editor={editor} />
    </dl>
  )
}

export function TempoAndPitch({ editor }: { editor: MixEditor }) {
  const { tempo, pitch } = useMixEditor(editor).mix
  return (
    <>
      <div>
        <dt>{text.tempo}</dt>
        <dd>
          <NumberField
            label={`${text.tempo}, %`}
            value={Math.round(tempo * 100)}
            min={TEMPO_RANGE.min * 100}
            max={TEMPO_RANGE.max * 100}
            step={5}
            onChange={(value) => editor.setTempo(value / 100)}
          />
          %
        </dd>
      </div>
      <div>
        <dt>{text.pitch}</dt>
        <dd>
          <NumberField
            label={`${text.pitch}, st`}
            value={pitch}
            min={PITCH_RANGE.min}
            max={PITCH_RANGE.max}
            step={1}
            onChange={(value) => editor.setPitch(value)}
          />
          st
        </dd>
      </div>
    </>
  )
}

interface NumberFieldProps {
  label: string
  value: number
  min: number
  max: number
  step: number
  onChange: (value: number) => void
}

function NumberField({ label, value, min, max, step, onChange }: NumberFieldProps) {
  return (
    <input
      type="number"
      inputMode="decimal"
      className="number"
      aria-label={label}
      // A new value from elsewhere replaces what stands in the field; while somebody types it is theirs.
      key={value}
      defaultValue={value}
      min={min}
      max={max}
      step={step}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur()
      }}
      onChange={(event) => {
        const typed = event.target.valueAsNumber
        // Arrows and wheel give whole steps at once; what is typed counts when the field is left.
        if (!('inputType' in event.nativeEvent) && Number.isFinite(typed)) onChange(typed)
      }}
      onBlur={(event) => {
        const typed = event.target.valueAsNumber
        if (Number.isFinite(typed) && typed !== value) onChange(Math.min(max, Math.max(min, typed)))
        else event.target.value = String(value)
      }}
    />
  )
}
