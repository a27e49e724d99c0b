import { describe, expect, it } from 'vitest'
import { ticks } from './ticks'

describe('ruler ticks', () => {
  it('are five seconds apart for a minute on a wide screen', () => {
    const labels = ticks(60, 1160).map(({ label }) => label)
    expect(labels.slice(0, 3)).toEqual(['0:00', '0:05', '0:10'])
    expect(labels.at(-1)).toBe('0:55')
  })

  it('never come closer than their labels, for any length and width', () => {
    for (const duration of [1, 24, 60, 240, 7200]) {
      for (const width of [280, 1160, 2300]) {
        const [first, second] = ticks(duration, width)
        const distance = (((second?.time ?? duration) - (first?.time ?? 0)) / duration) * width
        expect(distance).toBeGreaterThanOrEqual(72)
      }
    }
  })

  it('show tenths when a song is one second long', () => {
    expect(ticks(1, 600)[1]?.label).toBe('0:00.2')
  })

  it('are none before there is a width', () => {
    expect(ticks(60, 0)).toEqual([])
  })
})
