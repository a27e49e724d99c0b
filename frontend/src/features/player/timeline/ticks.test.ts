import { describe, expect, it } from 'vitest'
import { barTicks, timeTicks } from './ticks'

const RATE = 100
const song = (seconds: number) => ({ from: 0, to: seconds * RATE })

describe('ruler ticks', () => {
  it('are five seconds apart for a minute on a wide screen', () => {
    const labels = timeTicks(song(60), RATE, 1160).map(({ label }) => label)
    expect(labels.slice(0, 3)).toEqual(['0:00', '0:05', '0:10'])
    expect(labels.at(-1)).toBe('0:55')
  })

  it('never come closer than their labels, for any length and width', () => {
    for (const duration of [1, 24, 60, 240, 7200]) {
      for (const width of [280, 1160, 2300]) {
        const [first, second] = timeTicks(song(duration), RATE, width)
        const distance = (((second?.frame ?? duration * RATE) - (first?.frame ?? 0)) / (duration * RATE)) * width
        expect(distance).toBeGreaterThanOrEqual(72)
      }
    }
  })

  it('show tenths when a song is one second long', () => {
    expect(timeTicks(song(1), RATE, 600)[1]?.label).toBe('0:00.2')
  })

  it('begin within the part that is shown', () => {
    const part = timeTicks({ from: 1030, to: 1530 }, RATE, 600)
    expect(part[0]).toEqual({ frame: 1100, label: '0:11' })
  })

  it('are none before there is a width', () => {
    expect(timeTicks(song(60), RATE, 0)).toEqual([])
  })
})

describe('bar ticks', () => {
  const meter = { bpm: 120, beatsPerBar: 4, offset: 50 }

  it('count bars from the first beat', () => {
    expect(barTicks(song(8), RATE, 1000, meter).slice(0, 3)).toEqual([
      { frame: 50, label: '1' },
      { frame: 250, label: '2' },
      { frame: 450, label: '3' },
    ])
  })

  it('leave some out, by powers of two, where they would touch', () => {
    expect(
      barTicks(song(120), RATE, 600, meter)
        .map(({ label }) => label)
        .slice(0, 3),
    ).toEqual(['1', '5', '9'])
  })
})
