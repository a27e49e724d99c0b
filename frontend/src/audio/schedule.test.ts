import { describe, expect, it } from 'vitest'
import { sharedStart, songFrame } from './schedule'

describe('sharedStart', () => {
  it('is a whole frame at least 30 ms ahead', () => {
    for (const now of [0, 0.0001, 1 / 3, 12.345678]) {
      const start = sharedStart(now, 44100)
      expect(Number.isInteger(start)).toBe(true)
      expect(start / 44100 - now).toBeGreaterThanOrEqual(0.03)
      expect(start / 44100 - now).toBeLessThan(0.03 + 1 / 44100 + 1e-9)
    }
  })
})

describe('songFrame', () => {
  const anchor = { context: 44100, song: 1000 }

  it('waits at the anchor until its moment has come', () => {
    expect(songFrame(anchor, 0.5, 44100, 90000)).toBe(1000)
  })

  it('advances frame by frame with the audio clock', () => {
    expect(songFrame(anchor, 2, 44100, 90000)).toBe(45100)
  })

  it('stops at the end of the song', () => {
    expect(songFrame(anchor, 60, 44100, 90000)).toBe(90000)
  })
})
