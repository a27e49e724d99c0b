import { describe, expect, it } from 'vitest'
import { decibelText, panText, residualText, shortTime, spokenPan, spokenTime, timeCode } from './format'

describe('text', () => {
  it('says how exactly the stems sum to the song', () => {
    expect([-200, -112.3, 0].map(residualText)).toEqual([
      'sum exactly to the song',
      'residual −112 dB',
      'residual 0 dB',
    ])
  })

  it('writes time codes to the millisecond', () => {
    expect([0, 24.3184, 60, 3599.9996, -1].map(timeCode)).toEqual([
      '0:00.000',
      '0:24.318',
      '1:00.000',
      '60:00.000',
      '0:00.000',
    ])
  })

  it('says time in words', () => {
    expect([1, 59.9, 61, 125].map(spokenTime)).toEqual([
      '1 second',
      '59 seconds',
      '1 minute 1 second',
      '2 minutes 5 seconds',
    ])
  })

  it('writes gains with a sign, and zero without', () => {
    expect([0, -0.01, -3.24, 6, -Infinity].map(decibelText)).toEqual([
      '0.0 dB',
      '0.0 dB',
      '−3.2 dB',
      '+6.0 dB',
      '−∞ dB',
    ])
  })

  it('writes and says the pan', () => {
    expect([0, -0.2, 1].map(panText)).toEqual(['C', 'L 20', 'R 100'])
    expect([0, -0.2, 1].map(spokenPan)).toEqual(['centre', '20 % left', '100 % right'])
  })
})

describe('the borders of what is written', () => {
  it('a tenth of a second never shows sixty', () => {
    expect([0, 18.04, 59.94, 59.96, 600, -2].map(shortTime)).toEqual([
      '0:00.0',
      '0:18.0',
      '0:59.9',
      '1:00.0',
      '10:00.0',
      '0:00.0',
    ])
  })

  it('a pan that rounds to the centre is the centre', () => {
    expect([0.004, -0.004].map(panText)).toEqual(['C', 'C'])
    expect(spokenPan(-0.004)).toBe('centre')
  })

  it('no time and no minute are said as such', () => {
    expect([0, -5, 60].map(spokenTime)).toEqual(['0 seconds', '0 seconds', '1 minute 0 seconds'])
  })
})
