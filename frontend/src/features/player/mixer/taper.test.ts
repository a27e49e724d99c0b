import { describe, expect, it } from 'vitest'
import { gainAt, positionOf, TOP, UNITY } from './taper'

const positions = Array.from({ length: TOP + 1 }, (_, position) => position)

describe('fader taper', () => {
  it('is off at the bottom, exactly 0 dB at its mark and +6 dB at the top', () => {
    expect([gainAt(0), gainAt(UNITY), gainAt(TOP)]).toEqual([-Infinity, 0, 6])
  })

  it('rises with every step', () => {
    for (const position of positions.slice(1)) expect(gainAt(position)).toBeGreaterThan(gainAt(position - 1))
  })

  it('shows a gain at the position that set it', () => {
    expect(positions.map((position) => positionOf(gainAt(position)))).toEqual(positions)
  })

  it('moves by less than half a decibel a step around 0 dB', () => {
    expect(gainAt(UNITY + 1)).toBeLessThan(0.5)
    expect(gainAt(UNITY - 1)).toBeGreaterThan(-0.5)
  })
})
