import type { Player, Seconds } from '@/audio'

/** What a key asks of the player. stem counts from 0 in the order of the lanes. */
export type Command =
  | { readonly kind: 'toggle' }
  | { readonly kind: 'skip'; readonly by: Seconds }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'mute'; readonly stem: number }
  | { readonly kind: 'solo'; readonly stem: number }
  | { readonly kind: 'clear' }

/** What the focused element does with keys itself. */
export type Focus = 'text' | 'range' | 'button' | 'nothing'

export type Press = Pick<KeyboardEvent, 'code' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat'>

export const SKIP: Seconds = 5

export function focusOf(element: EventTarget | null): Focus {
  if (!(element instanceof Element)) return 'nothing'
  if (element.matches('input[type=range]')) return 'range'
  if (element.matches('input, textarea, select, [contenteditable]')) return 'text'
  return element.closest('button, summary, a[href], [role=button]') ? 'button' : 'nothing'
}

export function commandOf(press: Press, focus: Focus): Command | null {
  const { code, shiftKey, repeat } = press
  if (focus === 'text' || press.ctrlKey || press.metaKey || press.altKey) return null
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1]
  if (digit !== undefined) {
    if (repeat) return null
    if (digit === '0') return { kind: 'clear' }
    return { kind: shiftKey ? 'solo' : 'mute', stem: Number(digit) - 1 }
  }
  if (code === 'Space') return focus === 'button' || repeat ? null : { kind: 'toggle' }
  if (focus === 'range') return null
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

export function carryOut(command: Command, player: Player): void {
  const { stems, transport } = player.snapshot()
  const target = 'stem' in command ? stems[command.stem] : undefined
  if (command.kind === 'skip') player.seek(player.position() / player.sampleRate + command.by)
  else if (command.kind === 'start') player.seek(0)
  else if (command.kind === 'end') player.seek(player.frames / player.sampleRate)
  else if (command.kind === 'clear') player.clearMutesAndSolos()
  else if (command.kind === 'mute' && target) player.setMuted(target.stem, !target.muted)
  else if (command.kind === 'solo' && target) player.setSoloed(target.stem, !target.soloed)
  else if (command.kind === 'toggle') {
    if (transport === 'paused') player.play()
    else player.pause()
  }
}
