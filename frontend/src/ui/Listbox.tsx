import { type KeyboardEvent, type ReactNode, type RefObject, useId, useRef, useState } from 'react'
import { CheckIcon, ChevronIcon } from './icons'

export interface ListboxOption {
  value: string
  label: string
  detail: ReactNode
  badge?: ReactNode
}

/** Returns the index that a key leads to; null for a key that does not move. last: the greatest index. */
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

/** What the list needs of a listbox: whether it is open, which option is active, and ways to change that. */
interface ListboxState {
  readonly open: boolean
  readonly active: number
  readonly selected: number
  readonly optionId: (index: number) => string
  readonly show: () => void
  readonly hide: () => void
  readonly choose: (index: number) => void
  readonly activate: (index: number) => void
  /** Activates an option and scrolls to it. */
  readonly moveTo: (index: number) => void
}

function useListbox(
  id: string,
  options: readonly ListboxOption[],
  value: string,
  onChoose: (value: string) => void,
): ListboxState {
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const selected = Math.max(
    0,
    options.findIndex((option) => option.value === value),
  )
  const optionId = (index: number) => `${id}-option-${index}`
  const reveal = (index: number) => document.getElementById(optionId(index))?.scrollIntoView({ block: 'nearest' })
  return {
    open,
    active,
    selected,
    optionId,
    show: () => {
      setActive(selected)
      setOpen(true)
      // The list has a size, and so can scroll, only when it is drawn.
      requestAnimationFrame(() => reveal(selected))
    },
    hide: () => setOpen(false),
    choose: (index) => {
      const option = options[index]
      setOpen(false)
      if (option) onChoose(option.value)
    },
    activate: setActive,
    moveTo: (index) => {
      setActive(index)
      reveal(index)
    },
  }
}

/** Handles a key of the closed or the open list; the focus stays on the button all the time. */
function handleKey(event: KeyboardEvent, options: readonly ListboxOption[], listbox: ListboxState): void {
  const { key } = event
  if (event.ctrlKey || event.metaKey) return
  if (!listbox.open) {
    if (!['ArrowDown', 'ArrowUp', 'Enter', ' '].includes(key)) return
    event.preventDefault()
    listbox.show()
    return
  }
  const target = nextIndex(listbox.active, key, options.length - 1)
  if (target !== null) {
    event.preventDefault()
    listbox.moveTo(target)
  } else if (key === 'Enter' || key === ' ') {
    event.preventDefault()
    listbox.choose(listbox.active)
  } else if (key === 'Escape') {
    event.preventDefault()
    listbox.hide()
  } else if (key === 'Tab') {
    listbox.choose(listbox.active)
  } else if (key.length === 1) {
    const found = options.findIndex((option) => option.label.toLowerCase().startsWith(key.toLowerCase()))
    if (found >= 0) listbox.moveTo(found)
  }
}

interface ListboxProps {
  label: string
  options: readonly ListboxOption[]
  value: string
  onChange: (value: string) => void
}

/** A select whose options carry a second line (ARIA's select-only combobox: focus stays on the button). */
export function Listbox({ label, options, value, onChange }: ListboxProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const listbox = useListbox(id, options, value, (chosen) => {
    onChange(chosen)
    button.current?.focus()
  })
  return (
    <div className="relative min-w-0">
      <span id={`${id}-label`} className="sr-only">
        {label}
      </span>
      <ListboxButton id={id} ref={button} options={options} listbox={listbox} />
      <OptionList id={id} options={options} listbox={listbox} />
    </div>
  )
}

interface PartProps {
  id: string
  options: readonly ListboxOption[]
  listbox: ListboxState
}

function ListboxButton({ id, ref, options, listbox }: PartProps & { ref: RefObject<HTMLButtonElement | null> }) {
  const { open, active, selected, optionId } = listbox
  const shown = options[selected]
  return (
    <button
      ref={ref}
      type="button"
      role="combobox"
      aria-haspopup="listbox"
      aria-expanded={open}
      aria-controls={`${id}-list`}
      aria-labelledby={`${id}-label ${id}-value`}
      aria-activedescendant={open ? optionId(active) : undefined}
      onClick={() => (open ? listbox.hide() : listbox.show())}
      onKeyDown={(event) => handleKey(event, options, listbox)}
      onBlur={() => listbox.hide()}
      className="flex w-full items-start justify-between gap-3 rounded-[10px] border border-line bg-raise px-3 py-2 text-left hover:border-line-strong"
    >
      <span id={`${id}-value`} className="grid min-w-0 gap-0.5">
        {shown && <OptionText option={shown} />}
      </span>
      <ChevronIcon className={`mt-1 shrink-0 text-base text-faint transition-transform ${open ? 'rotate-180' : ''}`} />
    </button>
  )
}

function OptionList({ id, options, listbox }: PartProps) {
  return (
    <div
      id={`${id}-list`}
      role="listbox"
      aria-labelledby={`${id}-label`}
      tabIndex={-1}
      hidden={!listbox.open}
      // The press must not take the focus from the button: its blur closes the list before the click arrives.
      onPointerDown={(event) => event.preventDefault()}
      className="absolute top-full right-0 left-0 z-30 mt-1.5 max-h-[min(60dvh,480px)] overflow-y-auto rounded-[10px] border border-line bg-raise p-1 shadow-2xl shadow-[#0006]"
    >
      {options.map((option, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the button that keeps the focus has the keys
        <div
          key={option.value}
          id={listbox.optionId(index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === listbox.selected}
          onClick={() => listbox.choose(index)}
          onPointerMove={() => listbox.activate(index)}
          className={`grid cursor-pointer grid-cols-[18px_1fr] gap-x-2 rounded-[7px] px-2 py-2 ${index === listbox.active ? 'bg-line' : ''}`}
        >
          <span className="pt-0.5 text-base">{index === listbox.selected && <CheckIcon />}</span>
          <span className="grid min-w-0 gap-0.5">
            <OptionText option={option} />
          </span>
        </div>
      ))}
    </div>
  )
}

function OptionText({ option: { label, badge, detail } }: { option: ListboxOption }) {
  return (
    <>
      <span className="flex flex-wrap items-center gap-x-2">
        <span className="font-semibold">{label}</span>
        {badge}
      </span>
      <span className="text-xs text-muted">{detail}</span>
    </>
  )
}
