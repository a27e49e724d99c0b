import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, FakeServer, fakeBuffer, fakeDecoder, fakeParam, RATE, stemSource } from '@/testing/fakeAudio'
import { MasterBus } from '../mixer/masterBus'
import { StemTrack } from './stemTrack'

const FRAMES = 10 * RATE

beforeEach(() => vi.stubGlobal('fetch', new FakeServer(FRAMES).fetch))
afterEach(() => vi.unstubAllGlobals())

function setUp() {
  const context = new FakeContext()
  const bus = new MasterBus(context.asContext(), 0, false)
  const track = new StemTrack(stemSource('vocals'), FRAMES, fakeDecoder(FRAMES), () => undefined)
  return { track, bus }
}

describe('StemTrack', () => {
  it('knows its file by stem and sound, whatever its address', () => {
    const { track } = setUp()
    const source = stemSource('vocals')
    expect(track.playsFile({ ...source, url: '/elsewhere.flac' })).toBe(true)
    expect(track.playsFile({ ...source, stem: 'drums' })).toBe(false)
    expect(track.playsFile({ ...stemSource('other'), stem: 'vocals' })).toBe(false)
  })

  it('has no strip before one is opened', () => {
    const { track } = setUp()
    expect(track.openedStrip).toBeNull()
    expect(() => track.strip).toThrow('the strip of vocals is not open')
  })

  it('opens one strip, at the settings that were made before', () => {
    const { track, bus } = setUp()
    track.setMix(true, 0.5, -0.25)
    track.openStrip(bus)
    const { strip } = track
    expect(strip.input.gain.value).toBe(0.5)
    track.openStrip(bus)
    expect(track.strip).toBe(strip)
  })

  it('is silent while it is not audible, and as loud as before afterwards', () => {
    const { track, bus } = setUp()
    track.setMix(false, 0.5, 0)
    track.openStrip(bus)
    expect(track.strip.input.gain.value).toBe(0)
    track.setMix(true, 0.5, 0)
    expect(track.strip.input.gain.value).toBe(0.5)
  })

  it('schedules nothing when nothing changes', () => {
    const { track, bus } = setUp()
    track.setMix(true, 0.5, 0)
    track.openStrip(bus)
    track.setMix(true, 0.5, 0)
    expect(fakeParam(track.strip.input.gain).events).toEqual([])
  })

  it('is loading until the position is decoded, and ready at the end of the song', () => {
    const { track } = setUp()
    expect(track.loadState(0, FRAMES)).toEqual({ kind: 'loading', retrying: false })
    track.stream.retrying = true
    expect(track.loadState(0, FRAMES)).toEqual({ kind: 'loading', retrying: true })
    track.stream.store.add({ span: { from: 0, to: 4096 }, buffer: fakeBuffer(0, 4096) })
    expect(track.loadState(0, FRAMES)).toEqual({ kind: 'ready' })
    expect(track.loadState(4096, FRAMES).kind).toBe('loading')
    expect(track.loadState(FRAMES, FRAMES)).toEqual({ kind: 'ready' })
  })

  it('says why it failed', () => {
    const { track } = setUp()
    track.stream.failure = 'missing'
    expect(track.loadState(0, FRAMES)).toEqual({ kind: 'failed', failure: 'missing' })
  })

  it('fails at once with a file that is no FLAC', () => {
    const track = new StemTrack(
      { ...stemSource('vocals'), streaminfo: '' },
      FRAMES,
      fakeDecoder(FRAMES),
      () => undefined,
    )
    expect(track.loadState(0, FRAMES)).toEqual({ kind: 'failed', failure: 'undecodable' })
  })

  it('gives up its strip when it is disposed', () => {
    const { track, bus } = setUp()
    track.openStrip(bus)
    track.dispose()
    expect(track.openedStrip).toBeNull()
  })
})
