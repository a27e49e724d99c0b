import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
} from 'react'
import { IconButton } from './Button'
import { MoreIcon } from './icons'

/** One line of a menu: something to do, or a file to fetch. */
export type MenuItem = { label: string; icon?: ReactNode; danger?: boolean } & (
  | { onSelect: () => void; download?: never }
  | { download: string; onSelect?: never }
)

/** Room that the list needs below its button; with less it opens upwards. */
const ROOM_PX = 240
const GAP_PX = 4

const LINE =
  'flex w-full items-center gap-2.5 rounded-[7px] px-2.5 py-2 text-left outline-offset-[-2px] hover:bg-line focus:bg-line pointer-coarse:py-3'

/** Returns where the list is shown: fixed to the window, so that no card around it cuts it off. */
function placeBelow(button: HTMLElement) {
  const { top, bottom, right } = button.getBoundingClientRect()
  const upwards = window.innerHeight - bottom < ROOM_PX && top > ROOM_PX
  const vertical = upwards ? { bottom: window.innerHeight - top + GAP_PX } : { top: bottom + GAP_PX }
  return { right: document.documentElement.clientWidth - right, ...vertical }
}

type Position = ReturnType<typeof placeBelow>

/** Calls `onAway` on a press outside of the list's surroundings, on scrolling, and when the window's size changes. */
function useCloseFromOutside(list: RefObject<HTMLElement | null>, onAway: () => void): void {
  const away = useEffectEvent(onAway)
  useEffect(() => {
    const close = () => away()
    const press = (event: PointerEvent) => {
      const inside = event.target instanceof Node && list.current?.parentElement?.contains(event.target)
      if (!inside) close()
    }
    document.addEventListener('pointerdown', press)
    window.addEventListener('scroll', close, true)
    window.addEventListener('resize', close)
    return () => {
      document.removeEventListener('pointerdown', press)
      window.removeEventListener('scroll', close, true)
      window.removeEventListener('resize', close)
    }
  }, [list])
}

/** Moves the focus among a menu's lines: arrows, Home, End, and the first letter of a line. */
function handleKey(event: KeyboardEvent, lines: readonly HTMLElement[], onClose: () => void): void {
  const at = lines.indexOf(document.activeElement as HTMLElement)
  const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }
  const target = targets[event.key]
  if (target !== undefined) {
    event.preventDefault()
    lines.at(target % lines.length)?.focus()
  } else if (event.key === 'Escape') {
    event.preventDefault()
    onClose()
  } else if (event.key === 'Tab') {
    onClose()
  } else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
    const letter = event.key.toLowerCase()
    const behind = [...lines.slice(at + 1), ...lines.slice(0, at + 1)]
    behind.find((line) => line.textContent?.trim().toLowerCase().startsWith(letter))?.focus()
  }
}

interface MenuProps {
  label: string
  /** They are parted by a line; empty ones are left out. */
  groups: readonly (readonly MenuItem[])[]
}

/** The button "···" with its menu (ARIA's menu button). */
export function MenuButton({ label, groups }: MenuProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const [position, setPosition] = useState<Position | null>(null)
  const open = position !== null
  const show = () => button.current && setPosition(placeBelow(button.current))
  const close = () => {
    button.current?.focus()
    setPosition(null)
  }
  return (
    <div className="flex">
      <IconButton
        ref={button}
        label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => (open ? close() : show())}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          show()
        }}
      >
        <MoreIcon />
      </IconButton>
      {open && (
        <MenuList
          id={id}
          label={label}
          groups={groups}
          position={position}
          onClose={close}
          onAway={() => setPosition(null)}
        />
      )}
    </div>
  )
}

interface MenuListProps extends MenuProps {
  id: string
  position: Position
  /** Closes the menu and gives the focus back to its button. */
  onClose: () => void
  /** Closes the menu and leaves the focus where it is. */
  onAway: () => void
}

/** The open menu; its first line has the focus at the start. */
function MenuList({ id, label, groups, position, onClose, onAway }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null)
  const lines = () => Array.from(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])
  const [first] = groups.flat()
  useCloseFromOutside(list, onAway)
  return (
    <div
      ref={list}
      id={id}
      role="menu"
      tabIndex={-1}
      aria-label={label}
      style={position}
      onKeyDown={(event) => handleKey(event, lines(), onClose)}
      className="fixed z-30 min-w-52 divide-y divide-line rounded-[10px] border border-line bg-raise shadow-2xl shadow-[#0006]"
    >
      {groups
        .filter((group) => group.length > 0)
        .map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
          <div key={group[0]?.label} role="group" className="p-1">
            {group.map((item) => (
              <MenuLine key={item.label} item={item} isFirst={item.label === first?.label} onDone={onClose} />
            ))}
          </div>
        ))}
    </div>
  )
}

function focusAtOnce(line: HTMLElement | null): void {
  line?.focus({ preventScroll: true })
}

function MenuLine({ item, isFirst, onDone }: { item: MenuItem; isFirst: boolean; onDone: () => void }) {
  const ref = isFirst ? focusAtOnce : null
  const className = `${LINE} ${item.danger ? 'text-bad' : ''}`
  const content = (
    <>
      <span className="text-base">{item.icon}</span>
      {item.label}
    </>
  )
  if (item.download !== undefined) {
    return (
      <a
        ref={ref}
        role="menuitem"
        tabIndex={-1}
        href={item.download}
        download=""
        onClick={onDone}
        className={className}
      >
        {content}
      </a>
    )
  }
  return (
    <button
      ref={ref}
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={className}
      onClick={() => {
        onDone()
        item.onSelect()
      }}
    >
      {content}
    </button>
  )
}
