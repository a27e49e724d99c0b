import { type ReactNode, useId } from 'react'
import { RedoIcon, UndoIcon } from '../icons'
import { type PlayerSession, useMixEditor } from '../state/playerSession'
import { listPresets } from '../state/presets'
import { text } from '../text'

/** A small square button with an icon; pressed where it switches something. */
export function ToolButton({
  label,
  pressed,
  disabled = false,
  onClick,
  children,
}: {
  label: string
  pressed?: boolean
  disabled?: boolean
  onClick: () => void
  children: ReactNode
}) {
  return (
    <button
      type="button"
      className="tool"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  )
}

/** Undo, redo and the presets: what is done to the whole mix. */
export function MixTools({ session }: { session: PlayerSession }) {
  const { editor } = session
  const { canUndo, canRedo } = useMixEditor(editor)
  return (
    <div className="flex items-center max-sm:hidden">
      <ToolButton label={`${text.undo} (Ctrl Z)`} disabled={!canUndo} onClick={() => editor.undo()}>
        <UndoIcon />
      </ToolButton>
      <ToolButton label={`${text.redo} (Ctrl Y)`} disabled={!canRedo} onClick={() => editor.redo()}>
        <RedoIcon />
      </ToolButton>
      <Presets session={session} />
    </div>
  )
}

export function Presets({ session: { editor } }: { session: PlayerSession }) {
  const id = useId()
  return (
    <>
      <button type="button" className="tool-word" popoverTarget={id}>
        {text.presets}
      </button>
      <div id={id} popover="auto" className="sheet w-52 p-1.5!">
        <ul aria-label={text.presets}>
          {listPresets(editor.stems).map(({ id: preset, label, strip }) => (
            <li key={preset}>
              <button
                type="button"
                popoverTarget={id}
                popoverTargetAction="hide"
                className="w-full rounded-lg px-3 py-2 text-left hover:bg-raise pointer-coarse:py-3"
                onClick={() => editor.changeStrips(strip)}
              >
                {label}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}
