import type { CSSProperties } from 'react'
import type { Decibels } from '@/audio'
import { decibelText } from '../format'
import { gainAt, positionOf, TOP } from './taper'

interface FaderProps {
  label: string
  gain: Decibels
  disabled?: boolean
  onChange: (gain: Decibels) => void
}

/** A volume fader with a mark at 0 dB; a double click goes back there. */
export function Fader({ label, gain, disabled = false, onChange }: FaderProps) {
  const position = positionOf(gain)
  return (
    <input
      type="range"
      className="fader volume min-w-0 flex-1"
      style={{ '--position': position / TOP } as CSSProperties}
      min={0}
      max={TOP}
      step={1}
      value={position}
      disabled={disabled}
      aria-label={label}
      aria-valuetext={decibelText(gain)}
      onChange={(event) => onChange(gainAt(event.target.valueAsNumber))}
      onDoubleClick={() => onChange(0)}
    />
  )
}
