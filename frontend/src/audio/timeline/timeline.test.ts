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

describe('the borders of a tape', () => {
  it('are the song’s: nothing sounds before it or after it', () => {
    const timeline = new Timeline(0, 100, null)
    expect(timeline.songFrameAt(-5)).toBe(0)
    expect(pieces(timeline, 100, 200)).toEqual([])
    expect(pieces(timeline, 50, 50)).toEqual([])
  })

  it('lie together when it starts at the end', () => {
    const timeline = new Timeline(100, 100, null)
    expect(timeline.length).toBe(0)
    expect(pieces(timeline, 0, 10)).toEqual([])
  })

  it('are none in a loop of one frame, which sounds for ever', () => {
    const timeline = new Timeline(7, 100, { from: 7, to: 8 })
    expect([0, 1, 2, 1000].map((at) => timeline.songFrameAt(at))).toEqual([7, 7, 7, 7])
    expect(pieces(timeline, 0, 3)).toEqual([
      [0, 7, 8],
      [1, 7, 8],
      [2, 7, 8],
    ])
  })

  it('meet in a loop of the whole song', () => {
    expect(pieces(new Timeline(90, 100, { from: 0, to: 100 }), 0, 15)).toEqual([
      [0, 90, 100],
      [10, 0, 5],
    ])
  })
})

it('the next jump is the loop’s end before it, and the song’s end behind it', () => {
  const looped = new Timeline(0, 100, { from: 10, to: 20 })
  expect([0, 19, 20, 50].map((frame) => looped.nextJump(frame))).toEqual([20, 20, 100, 100])
  expect(new Timeline(0, 100, null).nextJump(30)).toBe(100)
})
