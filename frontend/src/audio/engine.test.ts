import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, FakeServer, fakeDecoder, RATE, type Start, settle, stemSource } from '@/testing/fakeAudio'
import { createPlayer } from './engine'
import { neutral } from './mix'

const FRAMES = 30 * RATE
const context = { current: new FakeContext() }
const server = { current: new FakeServer(FRAMES) }

beforeEach(() => {
  context.current = new FakeContext()
  server.current = new FakeServer(FRAMES)
  vi.stubGlobal('fetch', server.current.fetch)
})
afterEach(() => vi.unstubAllGlobals())

function setUp(...stems: string[]) {
  const player = createPlayer(
    { sampleRate: RATE, frames: FRAMES },
    { decoder: fakeDecoder(FRAMES), speaker: { open: () => context.current.asContext(), dispose: () => undefined } },
  )
  player.load(stems.map(stemSource))
  return player
}

async function setUpReady(...stems: string[]) {
  const player = setUp(...stems)
  await settle()
  return player
}

/** The clock moves in steps, as the player's own ticks would see it. */
async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 0.1) {
    context.current.currentTime += Math.min(0.1, left)
    await new Promise((resolve) => setTimeout(resolve, 6))
    await settle()
  }
}

/** The song frame with which a source begins. */
const from = ({ stems }: Start) => stems[0]?.[0] ?? -1

/** Context frames minus song frames: one value for all tracks and sources that are in step. */
const offsets = (starts: readonly Start[]) =>
  new Set(starts.flatMap(({ at, stems }) => stems.map((track) => at - (track[0] ?? -1))))

/** The song frames that sound one after the other, from sources that follow each other. */
function song(starts: readonly Start[]): number[] {
  return starts.flatMap(({ stems }) => Array.from(stems[0] ?? []))
}

describe('before the first play', () => {
  it('fetches and decodes what is needed to begin, and no more', async () => {
    const player = await setUpReady('vocals', 'drums')
    expect(player.snapshot().stems.every(({ load }) => load.kind === 'ready')).toBe(true)
    const audio = server.current.requests.filter(({ url }) => url.endsWith('.flac'))
    expect(audio.map(({ from, to }) => [from, to])).toEqual([
      [0, 300],
      [0, 300],
    ])
    expect(player.decoded()).toEqual({ from: 0, to: 3 * 4096 })
  })
})

describe('starting', () => {
  it('gives all stems one shared frame, ahead of the clock', async () => {
    const player = await setUpReady('vocals', 'drums', 'bass')
    context.current.currentTime = 1.23456
    player.play()
    expect(context.current.starts).toHaveLength(1)
    expect(context.current.starts[0]?.stems).toHaveLength(3)
    expect(offsets(context.current.starts).size).toBe(1)
    expect(context.current.starts[0]?.at).toBeGreaterThan(1.23456 * RATE)
  })

  it('starts all of them again when a stalled thread has let the frame pass', async () => {
    const player = await setUpReady('vocals', 'drums', 'bass')
    context.current.stall = 0.045
    player.play()
    const last = context.current.starts.at(-1)
    expect(last?.stems).toHaveLength(3)
    expect(last?.at).toBeGreaterThan(context.current.currentTime * RATE)
    expect(context.current.starts).toHaveLength(2)
  })

  it('waits for the last stem that is heard, but not for a muted one', async () => {
    server.current.hold('/drums.flac', '/bass.flac')
    const player = setUp('vocals', 'drums', 'bass')
    player.setMix(new Map([['bass', { ...neutral, muted: true }]]))
    player.play()
    await settle()
    expect(player.snapshot().transport).toBe('waiting')
    expect(context.current.starts).toHaveLength(0)
    server.current.release('/drums.flac')
    await settle()
    expect(player.snapshot().transport).toBe('playing')
    expect(offsets(context.current.starts).size).toBe(1)
  })

  it('plays the others when a stem is missing, and says which', async () => {
    server.current.status.set('/vocals.flac', 404)
    const player = await setUpReady('vocals', 'drums')
    player.play()
    expect(player.snapshot().transport).toBe('playing')
    expect(player.snapshot().stems[0]?.load).toEqual({ kind: 'failed', failure: 'missing' })
  })

  it('stays paused when nothing can be had, and loads again on request', async () => {
    server.current.status.set('/vocals.flac', 403)
    const player = await setUpReady('vocals')
    player.play()
    expect(player.snapshot().transport).toBe('paused')
    expect(player.snapshot().stems[0]?.load).toEqual({ kind: 'failed', failure: 'forbidden' })
    server.current.status.clear()
    player.retry('vocals')
    await settle()
    expect(player.snapshot().stems[0]?.load).toEqual({ kind: 'ready' })
  })
})

describe('playing on', () => {
  it('puts each chunk where the one before it ends', async () => {
    const player = await setUpReady('vocals', 'drums')
    player.play()
    await pass(6)
    const { audibleStarts } = context.current
    expect(audibleStarts.length).toBeGreaterThan(3)
    expect(audibleStarts.every(({ at }, n) => n === 0 || at === audibleStarts[n - 1]?.end)).toBe(true)
    expect(song(audibleStarts).every((frame, n) => frame === n)).toBe(true)
    expect(offsets(audibleStarts).size).toBe(1)
  })

  it('rests at the end, and plays again from the start', async () => {
    const player = await setUpReady('vocals')
    player.seek(29.5)
    await settle()
    player.play()
    await pass(1)
    expect(player.snapshot().transport).toBe('paused')
    expect(player.position()).toBe(FRAMES)
    const before = context.current.starts.length
    player.play()
    await settle()
    expect(context.current.starts.slice(before).map(from)[0]).toBe(0)
  })

  it('stops all stems at one frame when a chunk is late, and goes on with all of them together', async () => {
    const player = await setUpReady('vocals', 'drums')
    server.current.hold('/drums.flac')
    player.play()
    await pass(0.6)
    expect(player.snapshot().transport).toBe('waiting')
    const stopped = player.position()
    expect(context.current.audibleStarts.flatMap(({ stems }) => stems.map((track) => track.length))).toEqual([
      stopped,
      stopped,
    ])
    const before = context.current.starts.length
    server.current.release('/drums.flac')
    await settle()
    const again = context.current.starts.slice(before)
    expect(player.snapshot().transport).toBe('playing')
    expect(offsets(again).size).toBe(1)
    expect(again.map(from)[0]).toBe(stopped)
  })
})

describe('position', () => {
  it('follows the audio clock from the shared start on', async () => {
    const player = await setUpReady('vocals')
    player.play(2)
    await settle()
    expect(player.position()).toBe(2 * RATE)
    context.current.currentTime = ((context.current.starts[0]?.at ?? 0) + 4410) / RATE
    expect(player.position()).toBe(2 * RATE + 4410)
  })

  it('stays where a pause left it, and inside the song', async () => {
    const player = await setUpReady('vocals')
    player.play()
    context.current.currentTime = ((context.current.starts[0]?.at ?? 0) + 1000) / RATE
    player.pause()
    context.current.currentTime += 5
    expect(player.position()).toBe(1000)
    player.seek(-3)
    expect(player.position()).toBe(0)
    player.seek(99)
    expect(player.position()).toBe(FRAMES)
  })
})

describe('seeking', () => {
  it('restarts all stems together at a whole frame', async () => {
    const player = await setUpReady('vocals', 'drums')
    player.play()
    await pass(0.2)
    const before = context.current.starts.length
    player.seek(Math.PI)
    await settle()
    const after = context.current.starts.slice(before)
    expect(after.map(from)[0]).toBe(Math.round(Math.PI * RATE))
    expect(offsets(after).size).toBe(1)
  })

  it('ends requests that are of no use any more', async () => {
    const player = await setUpReady('vocals')
    server.current.hold('/vocals.flac')
    player.play()
    await settle()
    player.seek(20)
    server.current.release('/vocals.flac')
    await settle()
    expect(player.snapshot().stems[0]?.load.kind).toBe('ready')
    expect(player.decoded().from).toBe(Math.floor((20 * RATE) / 4096) * 4096)
  })
})

describe('a loop', () => {
  it('goes on at its start in the very next frame', async () => {
    const player = await setUpReady('vocals', 'drums')
    const loop = { from: 2 * RATE, to: 2 * RATE + 12_345 }
    player.setLoop(loop)
    player.play(1.9)
    await pass(2)
    const { audibleStarts } = context.current
    expect(audibleStarts.every(({ at }, n) => n === 0 || at === audibleStarts[n - 1]?.end)).toBe(true)
    const frames = song(audibleStarts)
    const jumps = frames.flatMap((frame, n) => (n > 0 && frame !== (frames[n - 1] ?? 0) + 1 ? [n] : []))
    expect(jumps.length).toBeGreaterThan(4)
    expect(jumps.every((n) => frames[n - 1] === loop.to - 1 && frames[n] === loop.from)).toBe(true)
  })

  it('that is set while playing does not interrupt the sound', async () => {
    const player = await setUpReady('vocals')
    player.play()
    await pass(1)
    const before = context.current.starts.length
    player.setLoop({ from: 0, to: 3 * RATE })
    expect(context.current.starts.length).toBeGreaterThan(before)
    expect(offsets(context.current.starts).size).toBe(1)
  })
})

describe('other stems', () => {
  it('fall in with the running ones, frame for frame', async () => {
    const player = await setUpReady('vocals')
    player.play()
    await pass(1)
    player.load(['vocals', 'drums'].map(stemSource))
    await pass(3)
    expect(offsets(context.current.audibleStarts).size).toBe(1)
    expect(context.current.audibleStarts.at(-1)?.stems).toHaveLength(2)
  })

  it('take the place of others without a gap, once they are there', async () => {
    const player = await setUpReady('vocals')
    player.play()
    await pass(1)
    server.current.hold('/ensemble.flac')
    player.load([{ ...stemSource('ensemble'), stem: 'vocals' }])
    await pass(0.5)
    expect(player.snapshot().transport).toBe('playing')
    const before = context.current.starts.length
    server.current.release('/ensemble.flac')
    await pass(0.2)
    expect(offsets(context.current.starts).size).toBe(1)
    const first = Math.min(...context.current.starts.slice(before).map(({ at }) => at))
    const last = Math.max(...context.current.starts.slice(0, before).map(({ end }) => end))
    expect(first).toBeGreaterThan(1.5 * RATE)
    expect(last).toBeGreaterThanOrEqual(first)
  })
})

describe('an address that was renewed', () => {
  it('is used from then on, without loading anew what is there', async () => {
    const player = await setUpReady('vocals')
    const before = server.current.requests.length
    const renewed = { ...stemSource('vocals'), url: '/renewed.flac', indexUrl: '/renewed.index' }
    player.load([renewed])
    await settle()
    expect(server.current.requests).toHaveLength(before)
    player.play()
    await settle()
    expect(server.current.requests.at(-1)?.url).toBe('/renewed.flac')
  })

  it('lets a stem be heard whose address had expired', async () => {
    server.current.status.set('/vocals.flac', 403)
    const player = await setUpReady('vocals')
    player.load([{ ...stemSource('vocals'), url: '/renewed.flac' }])
    await settle()
    expect(player.snapshot().stems[0]?.load).toEqual({ kind: 'ready' })
  })
})

describe('the snapshot', () => {
  it('is one object until something changes', async () => {
    const player = await setUpReady('vocals')
    const before = player.snapshot()
    expect(player.snapshot()).toBe(before)
    player.setMix(new Map([['vocals', { ...neutral, muted: true }]]))
    expect(player.snapshot()).not.toBe(before)
    expect(player.snapshot().stems[0]).toMatchObject({ muted: true, audible: false })
  })

  it('keeps a strip by its stem, whatever file it plays', async () => {
    const player = await setUpReady('vocals')
    player.setMix(new Map([['vocals', { gain: -6, pan: 0.5, muted: false, soloed: false }]]))
    player.load([{ ...stemSource('other'), stem: 'vocals' }])
    expect(player.snapshot().stems[0]).toMatchObject({ gain: -6, pan: 0.5 })
  })
})

describe('interruption and the end', () => {
  it('shows a pause when the system takes the sound away, and plays on when it gives it back', async () => {
    const player = await setUpReady('vocals')
    player.play()
    context.current.state = 'interrupted'
    context.current.dispatchEvent(new Event('statechange'))
    expect(player.snapshot()).toMatchObject({ transport: 'paused', problem: 'interrupted' })
    context.current.state = 'running'
    context.current.dispatchEvent(new Event('statechange'))
    expect(player.snapshot()).toMatchObject({ transport: 'playing', problem: null })
  })

  it('says so when the browser has no sound at this rate', async () => {
    const open = () => {
      throw new DOMException('', 'NotSupportedError')
    }
    const player = createPlayer(
      { sampleRate: RATE, frames: FRAMES },
      { decoder: fakeDecoder(FRAMES), speaker: { open, dispose: () => undefined } },
    )
    player.play()
    expect(player.snapshot()).toMatchObject({ transport: 'paused', problem: 'sample-rate' })
  })

  it('ends what still loads when disposed', async () => {
    server.current.hold('/vocals.flac')
    const player = await setUpReady('vocals')
    player.dispose()
    server.current.release('/vocals.flac')
    await settle()
    expect(player.snapshot().stems[0]?.load.kind).not.toBe('ready')
  })
})
