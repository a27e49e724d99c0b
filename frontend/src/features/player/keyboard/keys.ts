import type { Frames, Player, Seconds } from '@/audio'
import { stripOf } from '../state/mix'
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

type Kind = Command['kind']

/** What each command does. */
const ACTIONS: { readonly [K in Kind]: (command: Extract<Command, { kind: K }>, target: CommandTarget) => void } = {
  toggle: (_, { player }) => (player.snapshot().transport === 'paused' ? player.play() : player.pause()),
  skip: ({ by }, target) => seekInside(target.player.position() + by * target.player.sampleRate, target),
  start: (_, target) => seekInside(target.view.bounds.from, target),
  end: (_, target) => seekInside(target.view.bounds.to, target),
  mute: ({ stem }, target) => toggleStrip(stem, 'muted', target),
  solo: ({ stem }, target) => toggleStrip(stem, 'soloed', target),
  clear: (_, { editor }) => editor.clearMutesAndSolos(),
  'loop-start': (_, { editor, player }) => editor.setLoopStart(player.position()),
  'loop-end': (_, { editor, player }) => editor.setLoopEnd(player.position()),
  loop: (_, { editor }) => editor.toggleLoop(),
  marker: (_, { editor, player }) => editor.addMarker(Math.round(player.position())),
  zoom: ({ by }, { view, player }) => view.zoom(by, player.position()),
  follow: (_, { view }) => view.setFollow(!view.snapshot().follow),
  tempo: ({ by }, { editor }) => editor.setTempo(editor.snapshot().mix.tempo + by),
  undo: (_, { editor }) => editor.undo(),
  redo: (_, { editor }) => editor.redo(),
  export: (_, target) => target.open('export'),
  help: (_, target) => target.open('help'),
}

export function runCommand<K extends Kind>(command: Extract<Command, { kind: K }>, target: CommandTarget): void {
  const act: (command: Extract<Command, { kind: K }>, target: CommandTarget) => void = ACTIONS[command.kind as K]
  act(command, target)
}

/** Goes to a frame inside the part of the song that there is to see, and shows it. */
function seekInside(frame: Frames, { player, view }: CommandTarget): void {
  const { from, to } = view.bounds
  const inside = Math.min(to, Math.max(from, frame))
  player.seek(inside / player.sampleRate)
  view.reveal(inside)
}

/** number: of the stem, from 0; there may be none. */
function toggleStrip(number: number, control: 'muted' | 'soloed', { editor }: CommandTarget): void {
  const stem = editor.stems[number]
  if (stem === undefined) return
  const on = !stripOf(editor.snapshot().mix, stem)[control]
  if (control === 'muted') editor.setMuted(stem, on)
  else editor.setSoloed(stem, on)
}
