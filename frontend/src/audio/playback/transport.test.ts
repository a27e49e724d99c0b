import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, FakeServer, fakeDecoder, RATE, settle, stemSource } from '@/testing/fakeAudio'
import { MasterBus } from '../mixer/masterBus'
import type { Frames } from '../units'
import { StemTrack } from './stemTrack'
import { Transport } from './transport'

const FRAMES = 30 * RATE
let server: FakeServer
let transport: Transport

afterEach(() => {
  transport.dispose()
  vi.unstubAllGlobals()
})

interface SetUp {
  frames?: Frames
  stems?: readonly string[]
  held?: readonly string[]
}

/** A transport with these stems of a song so long, their strips open; what can be decoded before play is there. */
async function setUp({ frames = FRAMES, stems = ['vocals'], held = [] }: SetUp = {}) {
  server = new FakeServer(frames)
  server.hold(...held.map((stem) => `/${stem}.flac`))
  vi.stubGlobal('fetch', server.fetch)
  const context = new FakeContext()
  const changed = vi.fn()
  transport = new Transport(RATE, frames, changed)
  const bus = new MasterBus(context.asContext(), 0, false)
  const tracks = stems.map((stem) => {
    const track = new StemTrack(stemSource(stem), frames, fakeDecoder(frames), () => transport.pump())
    track.openStrip(bus)
    return track
  })
  transport.setContext(context.asContext())
  transport.setTracks(tracks)
  await settle()
  return { context, changed, tracks }
}

/** Moves the clock in steps, and lets the transport's own ticks see each of them. */
async function pass(context: FakeContext, seconds: number) {
  for (let left = seconds; left > 0; left -= 0.1) {
    context.currentTime += Math.min(0.1, left)
    await new Promise((resolve) => setTimeout(resolve, 6))
    await settle()
  }
}

/** The song frames that sound, one after the other. */
const soundOf = (context: FakeContext) => context.audibleStarts.flatMap(({ stems }) => Array.from(stems[0] ?? []))

describe('play', () => {
  it('waits while there is nothing to play yet', async () => {
    await setUp({ stems: [] })
    transport.play()
    expect(transport.state).toBe('waiting')
  })

  it('starts nothing twice', async () => {
    const { context } = await setUp()
    transport.play()
    transport.play()
    expect(transport.state).toBe('playing')
    expect(context.starts).toHaveLength(1)
  })

  it('says so when it begins by itself, once the sound has come', async () => {
    const { changed } = await setUp({ held: ['vocals'] })
    transport.play()
    changed.mockClear()
    expect(transport.state).toBe('waiting')
    server.release('/vocals.flac')
    await settle()
    expect(transport.state).toBe('playing')
    expect(changed).toHaveBeenCalled()
  })

  it('plays a song that is shorter than what it starts with, to its last frame', async () => {
    const { context } = await setUp({ frames: 1000 })
    transport.play()
    await pass(context, 0.3)
    expect(transport.state).toBe('paused')
    expect(transport.position()).toBe(1000)
    expect(soundOf(context)).toEqual(Array.from({ length: 1000 }, (_, frame) => frame))
  })

  it('is over at once for a song without a frame', async () => {
    const { context } = await setUp({ frames: 0 })
    transport.play()
    await pass(context, 0.2)
    expect(transport.state).toBe('paused')
    expect(transport.position()).toBe(0)
    expect(soundOf(context)).toEqual([])
  })
})

describe('pause', () => {
  it('is kept though the sound that was waited for comes later', async () => {
    const { context } = await setUp({ held: ['vocals'] })
    transport.play()
    transport.pause()
    server.release('/vocals.flac')
    await settle()
    expect(transport.state).toBe('paused')
    expect(context.starts).toEqual([])
  })

  it('stops all stems within a twentieth of a second', async () => {
    const { context } = await setUp({ stems: ['vocals', 'drums'] })
    transport.play()
    await pass(context, 0.2)
    const now = context.currentTime * RATE
    transport.pause()
    expect(Math.max(...context.audibleStarts.map(({ end }) => end))).toBeLessThan(now + 0.05 * RATE)
  })
})

describe('seek', () => {
  it('while the sound is still waited for, waits for that of the new position', async () => {
    const { context } = await setUp({ held: ['vocals'] })
    transport.play()
    transport.seek(20 * RATE)
    expect(transport.state).toBe('waiting')
    server.release('/vocals.flac')
    await settle()
    expect(transport.state).toBe('playing')
    expect(soundOf(context)[0]).toBe(20 * RATE)
  })

  it('again and again ends with the last position, and with sound from there only', async () => {
    const { context } = await setUp({ stems: ['vocals', 'drums'] })
    transport.play()
    await pass(context, 0.1)
    for (const second of [5, 25]) transport.seek(second * RATE)
    const before = context.starts.length
    transport.seek(12 * RATE)
    await settle()
    const begun = context.starts.slice(before).flatMap(({ at, stems }) => stems.map((samples) => [at, samples[0]]))
    expect(begun.slice(0, 2).map(([, first]) => first)).toEqual([12 * RATE, 12 * RATE])
    expect(new Set(begun.map(([at = 0, first = 0]) => at - first)).size).toBe(1)
  })

  it('to the end stops what plays, and rests there', async () => {
    const { context } = await setUp()
    transport.play()
    await pass(context, 0.1)
    transport.seek(FRAMES + 1)
    expect(transport.state).toBe('paused')
    expect(transport.position()).toBe(FRAMES)
  })

  it('takes a place between two frames for the nearest one', async () => {
    await setUp()
    transport.seek(1000.6)
    expect(transport.position()).toBe(1001)
  })
})

describe('a loop', () => {
  it('is passed by a start behind it', async () => {
    const { context } = await setUp()
    transport.setLoop({ from: 0, to: RATE })
    transport.seek(2 * RATE)
    await settle()
    transport.play()
    await pass(context, 1)
    expect(transport.position()).toBeGreaterThan(2.5 * RATE)
  })

  it('that is taken off while playing lets the song go on past its end', async () => {
    const { context } = await setUp()
    transport.setLoop({ from: 0, to: RATE })
    transport.play()
    await pass(context, 0.5)
    transport.setLoop(null)
    await pass(context, 1)
    expect(transport.position()).toBeGreaterThan(1.3 * RATE)
    const sound = soundOf(context)
    expect(sound.includes(RATE)).toBe(true)
  })

  it('of the whole song begins anew in the frame after the last', async () => {
    const frames = 2 * RATE
    const { context } = await setUp({ frames })
    transport.setLoop({ from: 0, to: frames })
    transport.seek(1.9 * RATE)
    await settle()
    transport.play()
    await pass(context, 0.6)
    const sound = soundOf(context)
    const last = sound.indexOf(frames - 1)
    expect(last).toBeGreaterThan(0)
    expect(sound[last + 1]).toBe(0)
    expect(transport.state).toBe('playing')
  })
})

describe('dispose', () => {
  it('stops the sound, the requests and the ticks', async () => {
    const { context, tracks, changed } = await setUp({ stems: ['vocals', 'drums'] })
    transport.play()
    await pass(context, 0.2)
    transport.dispose()
    changed.mockClear()
    const starts = context.starts.length
    await pass(context, 0.3)
    expect(context.starts).toHaveLength(starts)
    expect(changed).not.toHaveBeenCalled()
    expect(tracks.map(({ stream }) => stream.busy)).toEqual([false, false])
  })
})

describe('a stem that fails while the others play', () => {
  it('falls silent, and the others go on', async () => {
    const { context, tracks } = await setUp({ stems: ['vocals', 'drums'] })
    server.status.set('/drums.flac', 404)
    transport.play()
    await pass(context, 2)
    expect(transport.state).toBe('playing')
    expect(tracks[1]?.stream.failure).toBe('missing')
    expect(soundOf(context).every((frame, at) => frame === at)).toBe(true)
  })
})
