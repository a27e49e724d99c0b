import { describe, expect, it } from 'vitest'
import { amplitudes, audibleStems, type Channel, type Mix, neutral } from './mixer'

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

describe('amplitudes', () => {
  it('is exactly one at 0 dB, so that the stems sum to the mixture', () => {
    expect(amplitudes(mix({ vocals: {} })).get('vocals')).toBe(1)
  })

  it('is zero for a fader at minus infinity and for a stem that is not heard', () => {
    const silent = amplitudes(mix({ vocals: { gain: -Infinity }, drums: { muted: true } }))
    expect([...silent.values()]).toEqual([0, 0])
  })

  it('is a tenth at -20 dB', () => {
    expect(amplitudes(mix({ vocals: { gain: -20 } })).get('vocals')).toBeCloseTo(0.1, 12)
  })
})
