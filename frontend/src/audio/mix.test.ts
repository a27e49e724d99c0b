import { describe, expect, it } from 'vitest'
import {
  audibleStems,
  type Channel,
  clampLoop,
  clampPan,
  clampPitch,
  clampTempo,
  isSameChannel,
  type Mix,
  neutral,
} from './mix'

function mix(channels: Record<string, Partial<Channel>>): Mix {
  return new Map(Object.entries(channels).map(([stem, channel]) => [stem, { ...neutral, ...channel }]))
}

describe('audibleStems', () => {
  it('is every stem of an untouched mix', () => {
    expect([...audibleStems(mix({ vocals: {}, drums: {} }))]).toEqual(['vocals', 'drums'])
  })

  it('leaves a muted stem out', () => {
    expect([...audibleStems(mix({ vocals: { muted: true }, drums: {} }))]).toEqual(['drums'])
  })

  it('is only the soloed stems while any is soloed', () => {
    const soloed = mix({ vocals: { soloed: true }, drums: {}, bass: { soloed: true } })
    expect([...audibleStems(soloed)]).toEqual(['vocals', 'bass'])
  })

  it('keeps a stem that is muted and soloed silent, and the others with it', () => {
    expect([...audibleStems(mix({ vocals: { muted: true, soloed: true }, drums: {} }))]).toEqual([])
  })
})

describe('the clamping of settings', () => {
  it('keeps tempo between half and double', () => {
    expect([0.1, 0.5, 1.25, 2, 9].map(clampTempo)).toEqual([0.5, 0.5, 1.25, 2, 2])
  })

  it('keeps pitch within an octave up and down', () => {
    expect([-13, -12, 0.5, 12, 99].map(clampPitch)).toEqual([-12, -12, 0.5, 12, 12])
  })

  it('keeps pan between left and right', () => {
    expect([-2, -1, 0.3, 1, 2].map(clampPan)).toEqual([-1, -1, 0.3, 1, 1])
  })
})

describe('clampLoop', () => {
  const FRAMES = 10_000
  const RATE = 1000
  const loop = (from: number, to: number, frames = FRAMES) => clampLoop({ from, to }, frames, RATE)

  it('leaves a loop inside the song as it is', () => {
    expect(loop(1000, 2000)).toEqual({ from: 1000, to: 2000 })
  })

  it('makes whole frames of its ends', () => {
    expect(loop(999.6, 2000.4)).toEqual({ from: 1000, to: 2000 })
  })

  it('puts ends in the wrong order right', () => {
    expect(loop(2000, 1000)).toEqual({ from: 1000, to: 2000 })
  })

  it('keeps it inside the song', () => {
    expect(loop(-500, 99_999)).toEqual({ from: 0, to: FRAMES })
  })

  it('makes a loop that would buzz 50 ms long', () => {
    expect(loop(1000, 1001)).toEqual({ from: 1000, to: 1050 })
  })

  it('makes room for the shortest loop at the end of the song', () => {
    expect(loop(9990, 10_000)).toEqual({ from: 9950, to: 10_000 })
  })

  it('is the whole of a song that is shorter than the shortest loop', () => {
    expect(loop(0, 5, 30)).toEqual({ from: 0, to: 30 })
  })

  it('is none in a song without a frame', () => {
    expect(loop(0, 0, 0)).toBeNull()
  })
})

describe('isSameChannel', () => {
  it.each([{ gain: -1 }, { muted: true }, { soloed: true }, { pan: 0.5 }])('tells %o from neutral', (change) => {
    expect(isSameChannel(neutral, { ...neutral })).toBe(true)
    expect(isSameChannel(neutral, { ...neutral, ...change })).toBe(false)
  })

  it('knows a fader that is off from one at 0 dB', () => {
    const off = { ...neutral, gain: Number.NEGATIVE_INFINITY }
    expect(isSameChannel(off, { ...off })).toBe(true)
    expect(isSameChannel(off, neutral)).toBe(false)
  })
})
