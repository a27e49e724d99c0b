import { describe, expect, it } from 'vitest'
import { contextFrameAt, songFrameAt, timelineFrameAt } from './anchor'
import { Timeline } from './timeline'

/** From song frame 100 on: timeline frame 0 sounds at context frame 1000. */
const anchor = (tempo: number) => ({ timeline: new Timeline(100, 10_000, null), at: 1000, from: 0, tempo })

describe('an anchor', () => {
  it('ties timeline frames to context frames one to one at the own tempo', () => {
    expect(timelineFrameAt(anchor(1), 1250)).toBe(250)
    expect(contextFrameAt(anchor(1), 250)).toBe(1250)
  })

  it('passes two timeline frames in one context frame at double tempo', () => {
    expect(timelineFrameAt(anchor(2), 1250)).toBe(500)
    expect(contextFrameAt(anchor(2), 500)).toBe(1250)
  })

  it('may hit no whole frame at a slow tempo', () => {
    expect(timelineFrameAt(anchor(0.5), 1001)).toBe(0.5)
    expect(songFrameAt(anchor(0.5), 1001)).toBe(100)
  })

  it('begins in the middle of a timeline when it is tuned anew', () => {
    const retuned = { ...anchor(2), from: 400 }
    expect(timelineFrameAt(retuned, 1000)).toBe(400)
    expect(songFrameAt(retuned, 1010)).toBe(520)
  })

  it('names its first frame for the time before it sounds', () => {
    expect(songFrameAt(anchor(1), 0)).toBe(100)
  })

  it('follows the loop of its timeline', () => {
    const looped = { ...anchor(1), timeline: new Timeline(100, 10_000, { from: 50, to: 150 }) }
    expect([1049, 1050, 1149, 1150].map((frame) => songFrameAt(looped, frame))).toEqual([149, 50, 149, 50])
  })
})
