import { describe, expect, it } from 'vitest'
import { fromWire, NEUTRAL, toWire } from './mix'

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
