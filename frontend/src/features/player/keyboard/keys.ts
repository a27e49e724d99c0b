import type { Player, Seconds } from '@/audio'
import type { MixEditor } from '../state/mixEditor'
import type { View } from '../state/view'

/** What a key does. stem counts from 0 in the order of the lanes. */
export type Command =
  | { readonly kind: 'toggle' }
  | { readonly kind: 'skip'; readonly by: Seconds }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'mute'; readonly stem: number }
  | { readonly kind: 'solo'; readonly stem: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'loop-start' }
  | { readonly kind: 'loop-end' }
  | { readonly kind: 'loop' }
  | { readonly kind: 'marker' }
  | { readonly kind: 'zoom'; readonly by: number }
  | { readonly kind: 'follow' }
  | { readonly kind: 'tempo'; readonly by: number }
  | { readonly kind: 'undo' }
  | { readonly kind: 'redo' }
  | { readonly kind: 'export' }
  | { readonly kind: 'help' }

/** What the commands work on. */
export interface CommandTarget {
  readonly player: Player
  readonly editor: MixEditor
  readonly view: View
  open(dialog: 'export' | 'help'): void
}

/** The kind of the focused element, by the keys that it uses itself. */
export type Focus = 'text' | 'range' | 'button' | 'nothing'

export type KeyPress = Pick<KeyboardEvent, 'code' | 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat'>

export const SKIP: Seconds = 5
const ZOOM = 1.5
const TEMPO = 0.05

export function focusOf(element: EventTarget | null): Focus {
  if (!(element instanceof Element)) return 'nothing'
  if (element.matches('input[type=range]')) return 'range'
  if (element.matches('input, textarea, select, [contenteditable]')) return 'text'
  if (element.closest('dialog[open]')) return 'text'
  return element.closest('button, summary, a[href], [role=button], [role=menuitem]') ? 'button' : 'nothing'
}

export function commandOf(press: KeyPress, focus: Focus): Command | null {
  const { code, shiftKey, repeat, ctrlKey, metaKey, altKey } = press
  if (focus === 'text') return null
  // Brackets need AltGr on many keyboards, which some systems report as Ctrl and Alt.
  const bracket = bracketCommand(press.key)
  if (bracket && ctrlKey === altKey && !metaKey) return repeat ? null : bracket
  if (altKey) return null
  if (ctrlKey || metaKey) return historyCommand(press)
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1]
  if (digit !== undefined) {
    if (repeat) return null
    if (digit === '0') return { kind: 'clear' }
    return { kind: shiftKey ? 'solo' : 'mute', stem: Number(digit) - 1 }
  }
  if (code === 'Space') return focus === 'button' || repeat ? null : { kind: 'toggle' }
  return letterCommand(press) ?? (focus === 'range' ? null : placeCommand(code))
}

function bracketCommand(key: string): Command | null {
  if (key === '[') return { kind: 'loop-start' }
  return key === ']' ? { kind: 'loop-end' } : null
}

function historyCommand({ key, shiftKey }: KeyPress): Command | null {
  const letter = key.toLowerCase()
  if (letter === 'z') return { kind: shiftKey ? 'redo' : 'undo' }
  return letter === 'y' ? { kind: 'redo' } : null
}

/** Keys by what they print, wherever the layout has them. */
function letterCommand({ key, repeat }: KeyPress): Command | null {
  switch (key) {
    case '+':
    case '=':
      return { kind: 'zoom', by: ZOOM }
    case '-':
    case '−':
      return { kind: 'zoom', by: 1 / ZOOM }
    case ',':
      return { kind: 'tempo', by: -TEMPO }
    case '.':
      return { kind: 'tempo', by: TEMPO }
  }
  if (repeat) return null
  switch (key.toLowerCase()) {
    case 'l':
      return { kind: 'loop' }
    case 'm':
      return { kind: 'marker' }
    case 'f':
      return { kind: 'follow' }
    case 'e':
      return { kind: 'export' }
    case '?':
      return { kind: 'help' }
    default:
      return null
  }
}

function placeCommand(code: string): Command | null {
  switch (code) {
    case 'ArrowLeft':
      return { kind: 'skip', by: -SKIP }
    case 'ArrowRight':
      return { kind: 'skip', by: SKIP }
    case 'Home':
      return { kind: 'start' }
    case 'End':
      return { kind: 'end' }
    default:
      return null
  }
}

export function runCommand(command: Command, target: CommandTarget): void {
  const { player, editor, view } = target
  const { mix } = editor.snapshot()
  const { from, to } = view.bounds
  const stem = 'stem' in command ? editor.stems[command.stem] : undefined
  const seek = (frame: number) => {
    const inside = Math.min(to, Math.max(from, frame))
    player.seek(inside / player.sampleRate)
    view.reveal(inside)
  }
  switch (command.kind) {
    case 'toggle':
      if (player.snapshot().transport === 'paused') player.play()
      else player.pause()
      break
    case 'skip':
      seek(player.position() + command.by * player.sampleRate)
      break
    case 'start':
      seek(from)
      break
    case 'end':
      seek(to)
      break
    case 'mute':
      if (stem) editor.setMuted(stem, !mix.strips[stem]?.muted)
      break
    case 'solo':
      if (stem) editor.setSoloed(stem, !mix.strips[stem]?.soloed)
      break
    case 'clear':
      editor.clearMutesAndSolos()
      break
    case 'loop-start':
      editor.setLoopStart(player.position())
      break
    case 'loop-end':
      editor.setLoopEnd(player.position())
      break
    case 'loop':
      editor.toggleLoop()
      break
    case 'marker':
      editor.addMarker(Math.round(player.position()))
      break
    case 'zoom':
      view.zoom(command.by, player.position())
      break
    case 'follow':
      view.setFollow(!view.snapshot().follow)
      break
    case 'tempo':
      editor.setTempo(mix.tempo + command.by)
      break
    case 'undo':
      editor.undo()
      break
    case 'redo':
      editor.redo()
      break
    case 'export':
    case 'help':
      target.open(command.kind)
  }
}
