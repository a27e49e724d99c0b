import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StemTrack } from './stemTrack'
import { TrackSet } from './trackSet'

function fakeTrack(failure: string | null = null) {
  const track = { dispose: vi.fn(), stream: { failure, seek: vi.fn() } }
  return track as unknown as StemTrack & typeof track
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

const silent = () => false
const sounding = () => true

describe('TrackSet', () => {
  it('disposes of silent tracks that are no longer named, at once', () => {
    const [kept, gone] = [fakeTrack(), fakeTrack()]
    const set = new TrackSet()
    set.set([kept, gone], silent)
    set.set([kept], silent)
    expect(gone.dispose).toHaveBeenCalledTimes(1)
    expect(kept.dispose).not.toHaveBeenCalled()
    expect(set.all).toEqual([kept])
  })

  it('lets sounding tracks go on until they are released, and fade out after that', () => {
    const [next, gone] = [fakeTrack(), fakeTrack()]
    const set = new TrackSet()
    set.set([gone], silent)
    set.set([next], sounding)
    expect(set.hasReplaced).toBe(true)
    expect(set.current).toEqual([next])
    expect(set.all).toEqual([next, gone])
    set.releaseReplaced()
    expect(set.all).toEqual([next])
    expect(gone.dispose).not.toHaveBeenCalled()
    vi.advanceTimersByTime(500)
    expect(gone.dispose).toHaveBeenCalledTimes(1)
  })

  it('takes back a track that is named again while it still sounds', () => {
    const [one, other] = [fakeTrack(), fakeTrack()]
    const set = new TrackSet()
    set.set([one], silent)
    set.set([other], sounding)
    set.set([one, other], sounding)
    expect(set.hasReplaced).toBe(false)
    set.releaseReplaced()
    vi.runAllTimers()
    expect(one.dispose).not.toHaveBeenCalled()
  })

  it('knows which tracks can be had', () => {
    const [one, broken] = [fakeTrack(), fakeTrack('missing')]
    const set = new TrackSet()
    set.set([one, broken], silent)
    expect(set.playable).toEqual([one])
  })

  it('tells all current tracks where to go on', () => {
    const tracks = [fakeTrack(), fakeTrack()]
    const set = new TrackSet()
    set.set(tracks, silent)
    set.seek(1234)
    for (const { stream } of tracks) expect(stream.seek).toHaveBeenCalledWith(1234)
  })

  it('disposes of its tracks once', () => {
    const track = fakeTrack()
    const set = new TrackSet()
    set.set([track], silent)
    set.dispose()
    set.dispose()
    expect(track.dispose).toHaveBeenCalledTimes(1)
  })
})
