import { describe, expect, it } from 'vitest'
import { isSameSpan, toAmplitude, toDecibels } from './units'

describe('decibels', () => {
  it.each([
    [0, 1],
    [-20, 0.1],
    [6.020_599_913, 2],
    [Number.NEGATIVE_INFINITY, 0],
  ])('%f dB is a factor of %f', (gain, amplitude) => {
    expect(toAmplitude(gain)).toBeCloseTo(amplitude, 9)
    expect(toDecibels(amplitude)).toBeCloseTo(gain, 9)
  })
})

describe('isSameSpan', () => {
  it('compares the frames, not the objects', () => {
    expect(isSameSpan({ from: 1, to: 2 }, { from: 1, to: 2 })).toBe(true)
    expect(isSameSpan({ from: 1, to: 2 }, { from: 1, to: 3 })).toBe(false)
    expect(isSameSpan({ from: 0, to: 2 }, { from: 1, to: 2 })).toBe(false)
  })

  it('knows the absence of a span', () => {
    expect(isSameSpan(null, null)).toBe(true)
    expect(isSameSpan(null, { from: 0, to: 0 })).toBe(false)
    expect(isSameSpan({ from: 0, to: 0 }, null)).toBe(false)
  })
})
