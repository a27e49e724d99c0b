import { beforeEach, describe, expect, it } from 'vitest'
import { FakePlayer } from '@/testing/fakePlayer'
import { NEUTRAL } from './mix'
import { MixEditor } from './mixEditor'

let now = 0
let player: FakePlayer
let editor: MixEditor

beforeEach(() => {
  now = 0
  player = new FakePlayer()
  editor = new MixEditor(player, ['drums', 'vocals'], NEUTRAL, () => now)
})

const strip = (stem: string) => player.mix.get(stem)

describe('the mix editor', () => {
  it('applies every setting to the player', () => {
    editor.setGain('drums', -3)
    editor.setMuted('vocals', true)
    editor.setMaster(-6)
    editor.setTempo(0.8)
    editor.setPitch(-2)
    editor.setLimiter(true)
    expect(strip('drums')?.gain).toBe(-3)
    expect(strip('vocals')?.muted).toBe(true)
    expect(player.snapshot()).toMatchObject({ master: -6, tempo: 0.8, pitch: -2, limiter: true })
  })

  it('undoes and redoes step by step', () => {
    editor.setMuted('drums', true)
    editor.setMuted('vocals', true)
    editor.undo()
    expect([strip('drums')?.muted, strip('vocals')?.muted]).toEqual([true, false])
    editor.undo()
    expect(editor.snapshot()).toEqual({ mix: NEUTRAL, canUndo: false, canRedo: true })
    editor.redo()
    expect(strip('drums')?.muted).toBe(true)
    editor.setMuted('drums', false)
    expect(editor.snapshot().canRedo).toBe(false)
  })

  it('takes one movement of a fader as one step', () => {
    for (const gain of [-1, -2, -3]) {
      editor.setGain('drums', gain)
      now += 100
    }
    now += 1000
    editor.setGain('drums', -4)
    editor.undo()
    expect(strip('drums')?.gain).toBe(-3)
    editor.undo()
    expect(strip('drums')?.gain).toBe(0)
  })

  it('makes no step of what changes nothing', () => {
    editor.setMaster(0)
    expect(editor.snapshot().canUndo).toBe(false)
  })

  it('keeps tempo, pitch and pan within their limits', () => {
    editor.setTempo(9)
    editor.setPitch(-40)
    editor.setPan('drums', -3)
    expect(player.snapshot()).toMatchObject({ tempo: 2, pitch: -12 })
    expect(strip('drums')?.pan).toBe(-1)
  })

  it('takes over another mix for good', () => {
    editor.setMaster(-3)
    editor.replace({ ...NEUTRAL, master: -9 })
    expect(player.snapshot().master).toBe(-9)
    expect(editor.snapshot().canUndo).toBe(false)
  })

  it('gives a stem that comes later the strip that was kept for it', () => {
    const kept = { ...NEUTRAL, strips: { bass: { gain: -7, muted: false, soloed: false, pan: 0 } } }
    const late = new MixEditor(player, ['drums'], kept)
    late.setStems(['drums', 'bass'])
    expect(strip('bass')?.gain).toBe(-7)
  })
})

describe('the loop', () => {
  it('is put right where its ends are swapped, too close or outside', () => {
    editor.setLoop({ from: 900, to: 100, on: true })
    expect(player.loop).toEqual({ from: 100, to: 900 })
    editor.setLoop({ from: 100, to: 101, on: true })
    expect(player.loop).toEqual({ from: 100, to: 105 })
    editor.setLoop({ from: 9999, to: 50_000, on: true })
    expect(player.loop).toEqual({ from: 9995, to: 10_000 })
  })

  it('is set end by end; an end beyond the other moves it away', () => {
    editor.setLoopStart(2000)
    expect(player.loop).toEqual({ from: 2000, to: 10_000 })
    editor.setLoopEnd(3000)
    expect(player.loop).toEqual({ from: 2000, to: 3000 })
    editor.setLoopStart(4000)
    expect(player.loop).toEqual({ from: 4000, to: 10_000 })
    editor.setLoopEnd(1000)
    expect(player.loop).toEqual({ from: 0, to: 1000 })
  })

  it('is remembered while it is off', () => {
    editor.setLoop({ from: 100, to: 900, on: true })
    editor.toggleLoop()
    expect(player.loop).toBeNull()
    editor.toggleLoop()
    expect(player.loop).toEqual({ from: 100, to: 900 })
  })
})

describe('markers', () => {
  it('stand in the order of the song, once per place', () => {
    for (const frame of [500, 100, 500]) editor.addMarker(frame)
    editor.nameMarker(500, 'Chorus')
    expect(editor.snapshot().mix.markers).toEqual([
      { frame: 100, label: '' },
      { frame: 500, label: 'Chorus' },
    ])
    editor.removeMarker(100)
    expect(editor.snapshot().mix.markers).toHaveLength(1)
  })
})

describe('the history', () => {
  it('keeps the last two hundred steps', () => {
    for (let step = 1; step <= 250; step++) {
      now += 1000
      editor.setGain('drums', -step)
    }
    let undone = 0
    for (; editor.snapshot().canUndo; undone++) editor.undo()
    expect(undone).toBe(200)
    expect(strip('drums')?.gain).toBe(-50)
  })

  it('begins a new step with another control, however quick', () => {
    editor.setGain('drums', -1)
    editor.setGain('vocals', -1)
    editor.setGain('drums', -2)
    editor.undo()
    expect(strip('drums')?.gain).toBe(-1)
    editor.undo()
    expect(strip('vocals')?.gain).toBe(0)
  })

  it('begins a new step after an undo, though the same fader is moved on', () => {
    editor.setGain('drums', -1)
    now += 1000
    editor.setGain('drums', -2)
    editor.undo()
    editor.setGain('drums', -3)
    editor.undo()
    expect(strip('drums')?.gain).toBe(-1)
  })

  it('has nothing to undo or redo at the start, and does nothing then', () => {
    const before = editor.snapshot()
    editor.undo()
    editor.redo()
    expect(editor.snapshot()).toBe(before)
  })

  it('brings a loop back, and takes it away from the player again', () => {
    editor.setLoop({ from: 100, to: 900, on: true })
    editor.undo()
    expect(player.loop).toBeNull()
    editor.redo()
    expect(player.loop).toEqual({ from: 100, to: 900 })
  })

  it('takes all mutes and solos off in one step', () => {
    editor.setMuted('drums', true)
    editor.setSoloed('vocals', true)
    editor.clearMutesAndSolos()
    expect([strip('drums')?.muted, strip('vocals')?.soloed]).toEqual([false, false])
    editor.undo()
    expect([strip('drums')?.muted, strip('vocals')?.soloed]).toEqual([true, true])
  })
})

describe('whoever listens', () => {
  it('hears once of each change, and of none that changes nothing', () => {
    let heard = 0
    const stop = editor.subscribe(() => heard++)
    editor.setTempo(0.9)
    editor.setTempo(0.9)
    editor.undo()
    expect(heard).toBe(2)
    stop()
    editor.setTempo(0.8)
    expect(heard).toBe(2)
  })

  it('sees one snapshot until something changes', () => {
    const before = editor.snapshot()
    editor.setLimiter(false)
    expect(editor.snapshot()).toBe(before)
    editor.setLimiter(true)
    expect(editor.snapshot()).not.toBe(before)
  })
})

describe('the player', () => {
  it('is told only of what has changed', () => {
    player.calls.length = 0
    editor.setTempo(0.9)
    editor.addMarker(100)
    expect(player.calls).toEqual([])
    editor.setMuted('drums', true)
    expect(player.calls).toEqual(['mix'])
  })
})

it('a loop without one before it is the whole song', () => {
  editor.toggleLoop()
  expect(player.loop).toEqual({ from: 0, to: 10_000 })
})

it('there are at most two hundred markers', () => {
  for (let frame = 0; frame < 250; frame++) editor.addMarker(frame)
  expect(editor.snapshot().mix.markers).toHaveLength(200)
})

it('a marker is named in one step, and removed in another', () => {
  editor.addMarker(500)
  for (const label of ['C', 'Ch', 'Cho']) editor.nameMarker(500, label)
  editor.removeMarker(500)
  editor.undo()
  expect(editor.snapshot().mix.markers).toEqual([{ frame: 500, label: 'Cho' }])
  editor.undo()
  expect(editor.snapshot().mix.markers).toEqual([{ frame: 500, label: '' }])
})
