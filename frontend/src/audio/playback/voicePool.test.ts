import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, RATE } from '@/testing/fakeAudio'
import { Timeline } from '../timeline/timeline'
import { ExactVoice } from './exactVoice'
import { StretchVoice } from './stretchVoice'
import { VoicePool } from './voicePool'

const createStretch = vi.hoisted(() => vi.fn())
vi.mock('signalsmith-stretch', () => ({ default: createStretch }))
vi.mock('signalsmith-stretch?url', () => ({ default: '/worklet.js' }))

const anchor = { timeline: new Timeline(0, RATE, null), at: 0, from: 0, tempo: 1 }

beforeEach(() => {
  createStretch.mockReset()
  createStretch.mockImplementation(async () => ({}))
})

function setUp({ tracks = 4 } = {}) {
  const changed = vi.fn()
  const pool = new VoicePool(changed)
  pool.setTrackCount(tracks)
  return { pool, changed, open: () => pool.setContext(new FakeContext().asContext()) }
}

describe('VoicePool', () => {
  it('makes no voice without a context', () => {
    expect(setUp().pool.create(anchor)).toBeNull()
  })

  it('makes exact voices while tempo and pitch are neutral, and loads no stretcher', () => {
    const { pool, open } = setUp()
    open()
    expect(pool.create(anchor)).toBeInstanceOf(ExactVoice)
    expect(pool.stretchState(null)).toBe('exact')
    expect(createStretch).not.toHaveBeenCalled()
  })

  it('makes stretched voices once the stretcher has been loaded, and calls back then', async () => {
    const { pool, changed, open } = setUp()
    open()
    pool.setTempoAndPitch(0.8, 0)
    expect(pool.create(anchor)).toBeNull()
    expect(pool.stretchState(null)).toBe('loading')
    await vi.waitFor(() => expect(changed).toHaveBeenCalled())
    const voice = pool.create(anchor)
    expect(voice).toBeInstanceOf(StretchVoice)
    expect(pool.stretchState(voice)).toBe('active')
  })

  it('loads nothing before the sound is open', async () => {
    const { pool, open } = setUp()
    pool.setTempoAndPitch(1, 3)
    await Promise.resolve()
    expect(createStretch).not.toHaveBeenCalled()
    open()
    await vi.waitFor(() => expect(createStretch).toHaveBeenCalledTimes(1))
  })

  it('asks for two channels for each track, at most 32', async () => {
    const { pool, open } = setUp({ tracks: 20 })
    open()
    pool.setTempoAndPitch(1, 3)
    await vi.waitFor(() => expect(createStretch).toHaveBeenCalled())
    expect(createStretch.mock.calls[0]?.[1]).toMatchObject({ outputChannelCount: [32] })
  })

  it('knows which voice can play the present tempo', async () => {
    const { pool, changed, open } = setUp()
    open()
    const exact = pool.create(anchor)
    if (!exact) throw new Error('no voice')
    expect(pool.isSuitable(exact)).toBe(true)
    pool.setTempoAndPitch(2, 0)
    expect(pool.isSuitable(exact)).toBe(false)
    await vi.waitFor(() => expect(changed).toHaveBeenCalled())
    const stretched = pool.create(anchor)
    expect(stretched && pool.isSuitable(stretched)).toBe(true)
    pool.setTempoAndPitch(1, 0)
    expect(stretched && pool.isSuitable(stretched)).toBe(false)
  })

  it('goes back to neutral when the stretcher cannot be loaded, and says so until it is asked again', async () => {
    createStretch.mockRejectedValueOnce(new Error('no worklet'))
    const { pool, changed, open } = setUp()
    open()
    pool.setTempoAndPitch(0.5, 2)
    await vi.waitFor(() => expect(changed).toHaveBeenCalled())
    expect([pool.tempo, pool.pitch, pool.stretchFailed]).toEqual([1, 0, true])
    pool.setTempoAndPitch(0.5, 2)
    expect(pool.stretchFailed).toBe(false)
  })
})
