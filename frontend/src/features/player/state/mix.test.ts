import { describe, expect, it } from 'vitest'
import { channelsOf, fromWire, isSameMix, type MixState, NEUTRAL, stripOf, toWire } from './mix'

const MIX = {
  strips: {
    drums: { gain: -3.2, pan: -0.25, muted: true, soloed: false },
    vocals: { gain: -Infinity, pan: 0, muted: false, soloed: true },
  },
  master: -Infinity,
  limiter: true,
  tempo: 0.8,
  pitch: -2,
  loop: { from: 100, to: 200, on: false },
  markers: [{ frame: 50, label: 'Chorus' }],
}

describe('a mix on the wire', () => {
  it('comes back as it was sent, off faders included', () => {
    const wire = toWire(MIX)
    expect(wire.strips?.vocals?.gainDb).toBeNull()
    expect(fromWire(JSON.parse(JSON.stringify(wire)), 1000)).toEqual(MIX)
  })

  it('is neutral where nothing was said', () => {
    expect(fromWire({}, 1000)).toEqual(NEUTRAL)
  })

  it('never asks for what the service refuses', () => {
    const wire = toWire({
      ...MIX,
      master: 6.0000001,
      strips: { bass: { gain: -60.2, pan: 1, muted: false, soloed: false } },
    })
    expect([wire.masterDb, wire.strips?.bass?.gainDb]).toEqual([6, null])
  })

  it('is cut to the song', () => {
    expect(fromWire(toWire(MIX), 150).loop).toEqual({ from: 100, to: 150, on: false })
    expect(fromWire(toWire(MIX), 40)).toMatchObject({ loop: null, markers: [] })
  })
})

describe('isSameMix', () => {
  const mix: MixState = {
    ...NEUTRAL,
    strips: { drums: { gain: -3, muted: false, soloed: false, pan: 0 } },
    loop: { from: 0, to: 100, on: true },
    markers: [{ frame: 5, label: 'A' }],
  }

  it('is true for equal settings in other objects', () => {
    expect(isSameMix(mix, structuredClone(mix))).toBe(true)
  })

  it.each<Partial<MixState>>([
    { master: -1 },
    { limiter: true },
    { tempo: 0.99 },
    { pitch: 1 },
    { loop: null },
    { loop: { from: 0, to: 100, on: false } },
    { loop: { from: 1, to: 100, on: true } },
    { strips: {} },
    { strips: { drums: { gain: -3, muted: true, soloed: false, pan: 0 } } },
    { strips: { bass: { gain: -3, muted: false, soloed: false, pan: 0 } } },
    { markers: [] },
    { markers: [{ frame: 5, label: 'B' }] },
    { markers: [{ frame: 6, label: 'A' }] },
  ])('notices %o', (change) => {
    expect(isSameMix(mix, { ...mix, ...change })).toBe(false)
    expect(isSameMix({ ...mix, ...change }, mix)).toBe(false)
  })
})

describe('the strips of a mix', () => {
  it('are neutral for a stem that nobody touched', () => {
    expect(stripOf(NEUTRAL, 'bass')).toEqual({ gain: 0, muted: false, soloed: false, pan: 0 })
  })

  it('go to the player for the stems that there are, and no others', () => {
    const drums = { gain: -3, muted: false, soloed: false, pan: 0 }
    const channels = channelsOf({ ...NEUTRAL, strips: { drums, removed: drums } }, ['drums', 'bass'])
    expect([...channels.keys()]).toEqual(['drums', 'bass'])
    expect(channels.get('drums')).toBe(drums)
  })
})
