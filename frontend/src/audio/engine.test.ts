import { describe, expect, it } from 'vitest'
import { createPlayer } from './engine'
import { LoadError, type LoadFailure } from './failure'
import { FakeContext, fakeBuffer } from './fakes'
import type { LaneSource } from './player'

const RATE = 44100
const FRAMES = 10 * RATE

interface Pending {
  deliver(): Promise<void>
  fail(failure: LoadFailure): Promise<void>
  readonly signal: AbortSignal
}

/** A player whose stems load when the test says so. */
function setUp(...stems: string[]) {
  const context = new FakeContext(RATE)
  const pending = new Map<string, Pending>()
  const player = createPlayer({
    sampleRate: RATE,
    frames: FRAMES,
    openContext: () => context.asContext(),
    loader: ({ stem }, signal) =>
      new Promise((resolve, reject) => {
        pending.set(stem, {
          signal,
          deliver: async () => resolve(fakeBuffer(FRAMES, RATE)),
          fail: async (failure) => reject(new LoadError(failure)),
        })
      }),
  })
  const load = (stem: string) => {
    const found = pending.get(stem)
    if (!found) throw new Error(`${stem} was never asked for`)
    return found
  }
  player.load(tracks(...stems))
  return { player, context, load }
}

function tracks(...stems: string[]): LaneSource[] {
  return stems.map((stem) => ({ stem, url: `/${stem}.flac`, indexUrl: `/${stem}.index`, streaminfo: '' }))
}

async function setUpReady(...stems: string[]) {
  const ready = setUp(...stems)
  for (const stem of stems) await ready.load(stem).deliver()
  await settled()
  return ready
}

const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('starting', () => {
  it('gives all stems one shared frame, ahead of the clock', async () => {
    const { player, context } = await setUpReady('vocals', 'drums', 'bass')
    context.currentTime = 1.23456
    player.play()
    expect(new Set(context.starts.map(({ at, from }) => `${at} ${from}`)).size).toBe(1)
    expect(context.starts).toHaveLength(3)
    expect(context.starts[0]?.at).toBeGreaterThan(context.currentTime * RATE)
  })

  it('starts all of them again when a stalled thread has let the frame pass', async () => {
    const { player, context } = await setUpReady('vocals', 'drums', 'bass')
    context.stall = 0.015
    player.play()
    const last = context.starts.slice(-3)
    expect(new Set(last.map(({ at }) => at)).size).toBe(1)
    expect(last[0]?.at).toBeGreaterThan(context.currentTime * RATE)
  })

  it('waits for the last stem, then starts all of them together', async () => {
    const { player, context, load } = setUp('vocals', 'drums')
    player.play()
    await load('vocals').deliver()
    await settled()
    expect(player.snapshot().transport).toBe('waiting')
    expect(context.starts).toHaveLength(0)
    await load('drums').deliver()
    await settled()
    expect(player.snapshot().transport).toBe('playing')
    expect(context.starts[0]?.at).toBe(context.starts[1]?.at)
  })

  it('plays the others when a stem is missing, and says which', async () => {
    const { player, context, load } = setUp('vocals', 'drums')
    player.play()
    await load('vocals').fail('missing')
    await load('drums').deliver()
    await settled()
    expect(context.starts).toHaveLength(1)
    expect(player.snapshot().stems[0]?.load).toEqual({ kind: 'failed', failure: 'missing' })
  })

  it('stays paused when nothing could be loaded', async () => {
    const { player, load } = setUp('vocals')
    player.play()
    await load('vocals').fail('network')
    await settled()
    expect(player.snapshot().transport).toBe('paused')
  })

  it('loads a failed stem again on request', async () => {
    const { player, load } = setUp('vocals')
    await load('vocals').fail('network')
    await settled()
    player.retry('vocals')
    await load('vocals').deliver()
    await settled()
    expect(player.snapshot().stems[0]?.load).toEqual({ kind: 'ready' })
  })
})

describe('position', () => {
  it('follows the audio clock from the shared start on', async () => {
    const { player, context } = await setUpReady('vocals')
    player.play(2)
    expect(player.position()).toBe(2 * RATE)
    context.currentTime = ((context.starts[0]?.at ?? 0) + 4410) / RATE
    expect(player.position()).toBe(2 * RATE + 4410)
  })

  it('stays where a pause left it', async () => {
    const { player, context } = await setUpReady('vocals')
    player.play()
    context.currentTime = ((context.starts[0]?.at ?? 0) + 1000) / RATE
    player.pause()
    context.currentTime += 5
    expect(player.position()).toBe(1000)
  })

  it('is kept inside the song', async () => {
    const { player } = await setUpReady('vocals')
    player.seek(-3)
    expect(player.position()).toBe(0)
    player.seek(99)
    expect(player.position()).toBe(FRAMES)
  })

  it('rests at the end once every stem has played out, and plays again from the start', async () => {
    const { player, context } = await setUpReady('vocals', 'drums')
    player.play()
    context.starts[0]?.end()
    expect(player.snapshot().transport).toBe('playing')
    context.starts[1]?.end()
    expect(player.snapshot().transport).toBe('paused')
    expect(player.position()).toBe(FRAMES)
    player.play()
    expect(context.starts.at(-1)?.from).toBe(0)
  })
})

describe('seeking', () => {
  it('restarts all stems together at a whole frame', async () => {
    const { player, context } = await setUpReady('vocals', 'drums')
    player.play()
    context.currentTime = 1
    player.seek(Math.PI)
    const [first, second] = context.starts.slice(2)
    expect(first).toMatchObject({ at: second?.at, from: Math.round(Math.PI * RATE) })
    expect(second?.from).toBe(first?.from)
  })

  it('keeps a paused song paused', async () => {
    const { player, context } = await setUpReady('vocals')
    player.seek(4)
    expect(context.starts).toHaveLength(0)
    expect(player.position()).toBe(4 * RATE)
  })
})

describe('a stem that is ready later', () => {
  it('falls in with the running ones, frame for frame', async () => {
    const { player, context, load } = await setUpReady('vocals')
    player.play()
    context.currentTime = 3.21
    player.load(tracks('vocals', 'drums'))
    await load('drums').deliver()
    await settled()
    const [vocals, drums] = context.starts
    expect(context.starts).toHaveLength(2)
    expect((drums?.at ?? 0) - (vocals?.at ?? 0)).toBe((drums?.from ?? 0) - (vocals?.from ?? 0))
    expect(drums?.at).toBeGreaterThan(context.currentTime * RATE)
  })
})

describe('the snapshot', () => {
  it('is one object until something changes', async () => {
    const { player } = await setUpReady('vocals')
    const before = player.snapshot()
    expect(player.snapshot()).toBe(before)
    player.setMuted('vocals', true)
    expect(player.snapshot()).not.toBe(before)
    expect(player.snapshot().stems[0]).toMatchObject({ muted: true, audible: false })
  })
})

describe('interruption and the end', () => {
  it('shows a pause when the system takes the sound away', async () => {
    const { player, context } = await setUpReady('vocals')
    player.play()
    context.state = 'suspended'
    context.dispatchEvent(new Event('statechange'))
    expect(player.snapshot().transport).toBe('paused')
  })

  it('aborts what still loads when disposed', () => {
    const { player, load } = setUp('vocals')
    player.dispose()
    expect(load('vocals').signal.aborted).toBe(true)
  })
})
