import { describe, expect, it } from 'vitest'
import { Timeline } from './timeline'

const pieces = (timeline: Timeline, from: number, to: number) =>
  [...timeline.pieces(from, to)].map(({ at, span }) => [at, span.from, span.to])

describe('a tape', () => {
  it('is the song from its start to its end', () => {
    const timeline = new Timeline(30, 100, null)
    expect(timeline.length).toBe(70)
    expect(timeline.songFrameAt(10)).toBe(40)
    expect(timeline.songFrameAt(99)).toBe(100)
    expect(pieces(timeline, 10, 1000)).toEqual([[10, 40, 100]])
  })

  it('goes round in a loop', () => {
    const timeline = new Timeline(15, 100, { from: 10, to: 20 })
    expect(timeline.length).toBe(Number.POSITIVE_INFINITY)
    expect([4, 5, 14, 15, 25].map((at) => timeline.songFrameAt(at))).toEqual([19, 10, 19, 10, 10])
    expect(pieces(timeline, 3, 20)).toEqual([
      [3, 18, 20],
      [5, 10, 20],
      [15, 10, 15],
    ])
  })

  it('comes to its loop from before it, and passes one that lies behind', () => {
    expect(pieces(new Timeline(0, 100, { from: 10, to: 20 }), 0, 25)).toEqual([
      [0, 0, 20],
      [20, 10, 15],
    ])
    expect(pieces(new Timeline(20, 100, { from: 10, to: 20 }), 0, 25)).toEqual([[0, 20, 45]])
  })
})
