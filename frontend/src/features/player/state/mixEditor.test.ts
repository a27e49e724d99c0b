import { beforeEach, describe, expect, it } from 'vitest'
import { FakePlayer } from '@/testing/fakePlayer'
import { NEUTRAL } from './mix'
import { Desk } from './mixEditor'

let now = 0
let player: FakePlayer
let desk: Desk

beforeEach(() => {
  now = 0
  player = new FakePlayer()
  desk = new Desk(player, ['drums', 'vocals'], NEUTRAL, () => now)
})

const strip = (stem: string) => player.mix.get(stem)

describe('the desk', () => {
  it('carries every setting over to the player', () => {
    desk.setGain('drums', -3)
    desk.setMuted('vocals', true)
    desk.setMaster(-6)
    desk.setTempo(0.8)
    desk.setPitch(-2)
    desk.setLimiter(true)
    expect(strip('drums')?.gain).toBe(-3)
    expect(strip('vocals')?.muted).toBe(true)
    expect(player.snapshot()).toMatchObject({ master: -6, tempo: 0.8, pitch: -2, limiter: true })
  })

  it('undoes and redoes step by step', () => {
    desk.setMuted('drums', true)
    desk.setMuted('vocals', true)
    desk.undo()
    expect([strip('drums')?.muted, strip('vocals')?.muted]).toEqual([true, false])
    desk.undo()
    expect(desk.snapshot()).toEqual({ mix: NEUTRAL, canUndo: false, canRedo: true })
    desk.redo()
    expect(strip('drums')?.muted).toBe(true)
    desk.setMuted('drums', false)
    expect(desk.snapshot().canRedo).toBe(false)
  })

  it('takes one movement of a fader as one step', () => {
    for (const gain of [-1, -2, -3]) {
      desk.setGain('drums', gain)
      now += 100
    }
    now += 1000
    desk.setGain('drums', -4)
    desk.undo()
    expect(strip('drums')?.gain).toBe(-3)
    desk.undo()
    expect(strip('drums')?.gain).toBe(0)
  })

  it('makes no step of what changes nothing', () => {
    desk.setMaster(0)
    expect(desk.snapshot().canUndo).toBe(false)
  })

  it('keeps tempo, pitch and pan within their limits', () => {
    desk.setTempo(9)
    desk.setPitch(-40)
    desk.setPan('drums', -3)
    expect(player.snapshot()).toMatchObject({ tempo: 2, pitch: -12 })
    expect(strip('drums')?.pan).toBe(-1)
  })

  it('takes over another mix for good', () => {
    desk.setMaster(-3)
    desk.replace({ ...NEUTRAL, master: -9 })
    expect(player.snapshot().master).toBe(-9)
    expect(desk.snapshot().canUndo).toBe(false)
  })

  it('gives a stem that comes later the strip that was kept for it', () => {
    const kept = { ...NEUTRAL, strips: { bass: { gain: -7, muted: false, soloed: false, pan: 0 } } }
    const late = new Desk(player, ['drums'], kept)
    late.setStems(['drums', 'bass'])
    expect(strip('bass')?.gain).toBe(-7)
  })
})

describe('the loop', () => {
  it('is put right where its ends are swapped, too close or outside', () => {
    desk.setLoop({ from: 900, to: 100, on: true })
    expect(player.loop).toEqual({ from: 100, to: 900 })
    desk.setLoop({ from: 100, to: 101, on: true })
    expect(player.loop).toEqual({ from: 100, to: 105 })
    desk.setLoop({ from: 9999, to: 50_000, on: true })
    expect(player.loop).toEqual({ from: 9995, to: 10_000 })
  })

  it('is set end by end; an end beyond the other moves it away', () => {
    desk.setLoopStart(2000)
    expect(player.loop).toEqual({ from: 2000, to: 10_000 })
    desk.setLoopEnd(3000)
    expect(player.loop).toEqual({ from: 2000, to: 3000 })
    desk.setLoopStart(4000)
    expect(player.loop).toEqual({ from: 4000, to: 10_000 })
    desk.setLoopEnd(1000)
    expect(player.loop).toEqual({ from: 0, to: 1000 })
  })

  it('is remembered while it is off', () => {
    desk.setLoop({ from: 100, to: 900, on: true })
    desk.toggleLoop()
    expect(player.loop).toBeNull()
    desk.toggleLoop()
    expect(player.loop).toEqual({ from: 100, to: 900 })
  })
})

describe('markers', () => {
  it('stand in the order of the song, once per place', () => {
    for (const frame of [500, 100, 500]) desk.addMarker(frame)
    desk.nameMarker(500, 'Chorus')
    expect(desk.snapshot().mix.markers).toEqual([
      { frame: 100, label: '' },
      { frame: 500, label: 'Chorus' },
    ])
    desk.removeMarker(100)
    expect(desk.snapshot().mix.markers).toHaveLength(1)
  })
})
