import { describe, expect, it } from 'vitest'
import { audibleStems, type Channel, type Mix, neutral } from './mix'

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
