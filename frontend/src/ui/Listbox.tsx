import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'
import { CheckIcon, ChevronIcon } from './icons'

export interface ListboxOption {
  value: string
  label: string
  detail: ReactNode
  badge?: ReactNode
}

function nextIndex(index: number, key: string, last: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, index + 1)
    case 'ArrowUp':
      return Math.max(0, index - 1)
    case 'Home':
    case 'PageUp':
      return 0
    case 'End':
    case 'PageDown':
      return last
    default:
      return null
  }
}

/** A select whose options carry a second line (ARIA's select-only combobox: focus stays on the button). */
export function Listbox({
  label,
  options,
  value,
  onChange,
}: {
  label: string
  options: readonly ListboxOption[]
  value: string
  onChange: (value: string) => void
}) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const selected = Math.max(
    0,
    options.findIndex((option) => option.value === value),
  )
  const shown = options[selected]
  const optionId = (index: number) => `${id}-option-${index}`

  const reveal = (index: number) => document.getElementById(optionId(index))?.scrollIntoView({ block: 'nearest' })
  const show = () => {
    setActive(selected)
    setOpen(true)
    // The list has a size, and so can scroll, only when it is drawn.
    requestAnimationFrame(() => reveal(selected))
  }
  const choose = (index: number) => {
    const option = options[index]
    if (option) onChange(option.value)
    setOpen(false)
    button.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return
    if (!open) {
      if (['ArrowDown', 'ArrowUp', 'Enter', ' '].includes(event.key)) {
        event.preventDefault()
        show()
      }
      return
    }
    const target = nextIndex(active, event.key, options.length - 1)
    if (target !== null) {
      event.preventDefault()
      setActive(target)
      reveal(target)
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      choose(active)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      setOpen(false)
    } else if (event.key === 'Tab') {
      choose(active)
    } else if (event.key.length === 1) {
      const letter = event.key.toLowerCase()
      const found = options.findIndex((option) => option.label.toLowerCase().startsWith(letter))
      if (found >= 0) {
        setActive(found)
        reveal(found)
      }
    }
  }

  return (
    <div className="relative min-w-0">
      <span id={`${id}-label`} className="sr-only">
        {label}
      </span>
      <button
        ref={button}
        type="button"
        role="combobox"
        aria-haspopup="listbox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-labelledby={`${id}-label ${id}-value`}
        aria-activedescendant={open ? optionId(active) : undefined}
        onClick={() => (open ? setOpen(false) : show())}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
        className="flex w-full items-start justify-between gap-3 rounded-[10px] border border-line bg-raise px-3 py-2 text-left hover:border-line-strong"
      >
        <span id={`${id}-value`} className="grid min-w-0 gap-0.5">
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="font-semibold">{shown?.label}</span>
            {shown?.badge}
          </span>
          <span className="text-xs text-muted">{shown?.detail}</span>
        </span>
        <ChevronIcon
          className={`mt-1 shrink-0 text-base text-faint transition-transform ${open ? 'rotate-180' : ''}`}
        />
      </button>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-labelledby={`${id}-label`}
        tabIndex={-1}
        hidden={!open}
        // The press must not take the focus from the button: its blur closes the list before the click arrives.
        onPointerDown={(event) => event.preventDefault()}
        className="absolute top-full right-0 left-0 z-30 mt-1.5 max-h-[min(60dvh,480px)] overflow-y-auto rounded-[10px] border border-line bg-raise p-1 shadow-2xl shadow-[#0006]"
      >
        {options.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the button that keeps the focus has the keys
          <div
            key={option.value}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === selected}
            onClick={() => choose(index)}
            onPointerMove={() => setActive(index)}
            className={`grid cursor-pointer grid-cols-[18px_1fr] gap-x-2 rounded-[7px] px-2 py-2 ${index === active ? 'bg-line' : ''}`}
          >
            <span className="pt-0.5 text-base">{index === selected && <CheckIcon />}</span>
            <span className="grid min-w-0 gap-0.5">
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="font-semibold">{option.label}</span>
                {option.badge}
              </span>
              <span className="text-xs text-muted">{option.detail}</span>
            </span>
          </div>
        ))}
      </div>
    </div>
  )
}
