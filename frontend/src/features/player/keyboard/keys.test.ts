import { describe, expect, it } from 'vitest'
import { commandOf, focusOf, type KeyPress } from './keys'

function press(code: string, more: Partial<KeyPress> = {}): KeyPress {
  return { code, key: '', shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more }
}

describe('commandOf', () => {
  it('maps the keys of a tape machine', () => {
    expect(commandOf(press('Space'), 'nothing')).toEqual({ kind: 'toggle' })
    expect(commandOf(press('ArrowLeft'), 'nothing')).toEqual({ kind: 'skip', by: -5 })
    expect(commandOf(press('ArrowRight'), 'nothing')).toEqual({ kind: 'skip', by: 5 })
    expect(commandOf(press('Home'), 'nothing')).toEqual({ kind: 'start' })
    expect(commandOf(press('End'), 'nothing')).toEqual({ kind: 'end' })
  })

  it('mutes with a digit, solos with Shift, clears with zero, whatever the keyboard layout prints', () => {
    expect(commandOf(press('Digit1'), 'nothing')).toEqual({ kind: 'mute', stem: 0 })
    expect(commandOf(press('Digit9', { shiftKey: true }), 'nothing')).toEqual({ kind: 'solo', stem: 8 })
    expect(commandOf(press('Numpad0'), 'nothing')).toEqual({ kind: 'clear' })
  })

  it('maps the letters and signs by what they print', () => {
    const kinds = ['[', ']', 'l', 'M', 'f', 'e', '?', '+', '-', ',', '.'].map((key) => {
      return commandOf(press('Key', { key }), 'nothing')?.kind
    })
    expect(kinds).toEqual([
      ...['loop-start', 'loop-end', 'loop', 'marker', 'follow', 'export', 'help', 'zoom', 'zoom', 'tempo', 'tempo'],
    ])
  })

  it('reads brackets that need AltGr', () => {
    expect(commandOf(press('Digit8', { key: '[', ctrlKey: true, altKey: true }), 'nothing')?.kind).toBe('loop-start')
  })

  it('undoes and redoes as everywhere', () => {
    const kind = (key: string, more: Partial<KeyPress>) => commandOf(press('Key', { key, ...more }), 'nothing')?.kind
    expect([
      kind('z', { ctrlKey: true }),
      kind('z', { metaKey: true }),
      kind('Z', { metaKey: true, shiftKey: true }),
    ]).toEqual(['undo', 'undo', 'redo'])
    expect(kind('y', { ctrlKey: true })).toBe('redo')
  })

  it('leaves text fields alone', () => {
    for (const code of ['Space', 'ArrowLeft', 'Digit1']) expect(commandOf(press(code), 'text')).toBeNull()
  })

  it('leaves Space to a focused button, and arrows to a focused fader', () => {
    expect(commandOf(press('Space'), 'button')).toBeNull()
    expect(commandOf(press('ArrowLeft'), 'button')).toEqual({ kind: 'skip', by: -5 })
    expect(commandOf(press('ArrowLeft'), 'range')).toBeNull()
    expect(commandOf(press('Space'), 'range')).toEqual({ kind: 'toggle' })
  })

  it('leaves the browser its own shortcuts', () => {
    expect(commandOf(press('Digit1', { ctrlKey: true }), 'nothing')).toBeNull()
    expect(commandOf(press('ArrowLeft', { altKey: true }), 'nothing')).toBeNull()
  })

  it('does not toggle while a key is held down', () => {
    expect(commandOf(press('Space', { repeat: true }), 'nothing')).toBeNull()
    expect(commandOf(press('Digit1', { repeat: true }), 'nothing')).toBeNull()
  })
})

describe('focusOf', () => {
  it('tells faders, text fields and buttons apart', () => {
    document.body.innerHTML = '<input type="range"><input><button><i></i></button><div></div>'
    const found = ['input[type=range]', 'input:not([type])', 'i', 'div'].map((at) =>
      focusOf(document.querySelector(at)),
    )
    expect(found).toEqual(['range', 'text', 'button', 'nothing'])
  })
})
