import { useId } from 'react'

interface RadioGroupProps<T extends string> {
  legend: string
  options: readonly { value: T; label: string }[]
  value: T
  onChange: (value: T) => void
}

/** One of a few, side by side. */
export function RadioGroup<T extends string>({ legend, options, value, onChange }: RadioGroupProps<T>) {
  const name = useId()
  return (
    <fieldset className="grid gap-2">
      <legend className="pb-2 text-[13px] text-muted">{legend}</legend>
      <div className="flex flex-wrap gap-1.5">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex h-9 cursor-pointer items-center gap-2 rounded-[9px] border border-line px-3 text-[13px] has-checked:bg-raise has-checked:font-medium has-focus-visible:outline-2 has-focus-visible:outline-focus pointer-coarse:h-11"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="accent-(--focus)"
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
