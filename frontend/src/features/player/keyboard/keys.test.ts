// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import { aSession } from '@/testing/playerSession'
import { type Command, commandOf, focusOf, type KeyPress, runCommand } from './keys'

function press(code: string, more: Partial<KeyPress> = {}): KeyPress {
  return { code, key: '', shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more }
}

describe('commandOf', () => {
  it('maps the keys of a tape recorder', () => {
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

describe('runCommand', () => {
  function setUp() {
    const session = aSession({ loop: { from: 1000, to: 2000, on: true } })
    const opened: string[] = []
    const target = { ...session, open: (dialog: string) => opened.push(dialog) }
    const run = (command: Command) => runCommand(command, target)
    return { ...session, opened, run }
  }

  it('toggles between playing and pause', () => {
    const { player, run } = setUp()
    run({ kind: 'toggle' })
    expect(player.snapshot().transport).toBe('playing')
    run({ kind: 'toggle' })
    expect(player.snapshot().transport).toBe('paused')
  })

  it('skips by seconds, and stays inside the song', () => {
    const { player, run } = setUp()
    run({ kind: 'skip', by: 5 })
    expect(player.at).toBe(500)
    run({ kind: 'skip', by: -9 })
    expect(player.at).toBe(0)
    run({ kind: 'end' })
    expect(player.at).toBe(10_000)
    run({ kind: 'skip', by: 5 })
    expect(player.at).toBe(10_000)
    run({ kind: 'start' })
    expect(player.at).toBe(0)
  })

  it('shows where it went in a zoomed view', () => {
    const { view, run } = setUp()
    view.zoom(10, 0)
    run({ kind: 'end' })
    const { from, to } = view.snapshot()
    expect([from <= 10_000, to]).toEqual([true, 10_000])
  })

  it('mutes and solos stems by their number, and takes it back', () => {
    const { editor, run } = setUp()
    run({ kind: 'mute', stem: 0 })
    run({ kind: 'solo', stem: 1 })
    expect(editor.snapshot().mix.strips).toMatchObject({ drums: { muted: true }, vocals: { soloed: true } })
    run({ kind: 'mute', stem: 0 })
    expect(editor.snapshot().mix.strips.drums?.muted).toBe(false)
    run({ kind: 'clear' })
    expect(editor.snapshot().mix.strips.vocals?.soloed).toBe(false)
  })

  it('does nothing for a stem that there is not', () => {
    const { editor, run } = setUp()
    run({ kind: 'mute', stem: 7 })
    expect(editor.snapshot().canUndo).toBe(false)
  })

  it('moves the ends of the loop to the position, and switches it', () => {
    const { player, editor, run } = setUp()
    player.at = 1500
    run({ kind: 'loop-start' })
    expect(editor.snapshot().mix.loop).toEqual({ from: 1500, to: 2000, on: true })
    player.at = 1800
    run({ kind: 'loop-end' })
    expect(editor.snapshot().mix.loop).toEqual({ from: 1500, to: 1800, on: true })
    run({ kind: 'loop' })
    expect(editor.snapshot().mix.loop?.on).toBe(false)
  })

  it('sets a marker at the whole frame of the position', () => {
    const { player, editor, run } = setUp()
    player.at = 123.4
    run({ kind: 'marker' })
    expect(editor.snapshot().mix.markers).toEqual([{ frame: 123, label: '' }])
  })

  it('zooms around the position, and switches whether the view follows it', () => {
    const { player, view, run } = setUp()
    player.at = 5000
    run({ kind: 'zoom', by: 2 })
    expect(view.snapshot()).toMatchObject({ from: 2500, to: 7500, zoomed: true, follow: true })
    run({ kind: 'follow' })
    expect(view.snapshot().follow).toBe(false)
  })

  it('changes the tempo in steps, and undoes and redoes', () => {
    const { editor, run } = setUp()
    run({ kind: 'tempo', by: -0.05 })
    expect(editor.snapshot().mix.tempo).toBe(0.95)
    run({ kind: 'undo' })
    expect(editor.snapshot().mix.tempo).toBe(1)
    run({ kind: 'redo' })
    expect(editor.snapshot().mix.tempo).toBe(0.95)
  })

  it('opens dialogs', () => {
    const { opened, run } = setUp()
    run({ kind: 'export' })
    run({ kind: 'help' })
    expect(opened).toEqual(['export', 'help'])
  })
})
