import { useId } from 'react'

interface Option<T extends string> {
  readonly value: T
  readonly label: string
  readonly hint?: string
}

interface ChoiceProps<T extends string> {
  legend: string
  value: T
  disabled: boolean
  onChange: (value: T) => void
  /** One below the other, for options with a hint. */
  stacked?: boolean
  children: readonly Option<T>[]
}

/** One of a few. */
export function Choice<T extends string>({ legend, value, disabled, onChange, stacked, children }: ChoiceProps<T>) {
  const name = useId()
  return (
    <fieldset className="grid gap-2" disabled={disabled}>
      <legend className="pb-2 text-[13px] text-muted">{legend}</legend>
      <div className={stacked ? 'grid gap-1.5' : 'flex flex-wrap gap-1.5'}>
        {children.map((option) => (
          <label key={option.value} className="choice">
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="accent-(--focus)"
            />
            <span>
              {option.label}
              {option.hint && <span className="block text-xs font-normal text-muted">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
