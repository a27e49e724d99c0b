import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aMixRequest, FakeAudioBuffer, FakeContext, FakeServer, fakeDecoder, RATE } from '@/testing/fakeAudio'
import type { Channel } from '../mix'
import type { MixRequest } from './mixRequest'
import { renderMix } from './render'

const FRAMES = 20 * RATE
const LATENCY = Math.round(0.006 * RATE)
const decoder = vi.hoisted(() => ({
  open:
    () =>
    (_: ArrayBuffer): Promise<AudioBuffer> =>
      Promise.reject(),
}))
vi.mock('../flac/decoder', () => ({ openDecoder: () => decoder.open() }))

/** Renders its first source's first stem, as if nothing were in its way. */
class FakeOfflineContext extends FakeContext {
  static made: FakeOfflineContext[] = []
  readonly length: number

  constructor(_channels: number, length: number) {
    super()
    this.length = length
    FakeOfflineContext.made.push(this)
  }

  async startRendering() {
    const rendered = new FakeAudioBuffer({ length: this.length, numberOfChannels: 2, sampleRate: RATE })
    for (const { at, stems } of this.starts)
      rendered.getChannelData(0).set(stems[0]?.slice(0, this.length - at) ?? [], at)
    return rendered
  }
}

beforeEach(() => {
  FakeOfflineContext.made = []
  decoder.open = () => fakeDecoder(FRAMES)
  vi.stubGlobal('fetch', new FakeServer(FRAMES).fetch)
  vi.stubGlobal('AudioBuffer', FakeAudioBuffer)
  vi.stubGlobal('OfflineAudioContext', FakeOfflineContext)
})
afterEach(() => vi.unstubAllGlobals())

async function render(change: Partial<MixRequest> = {}, stems: Record<string, Partial<Channel>> = { vocals: {} }) {
  const slices: AudioBuffer[] = []
  const progress: number[] = []
  await renderMix(
    aMixRequest(FRAMES, stems, {
      span: { from: 0, to: 12 * RATE },
      sink: (slice) => void slices.push(slice),
      progress: (fraction) => void progress.push(fraction),
      ...change,
    }),
  )
  return { slices, progress, contexts: FakeOfflineContext.made }
}

describe('rendering a mix at its own tempo', () => {
  it('gives slices of five seconds, of which the last is as long as what is left', async () => {
    const { slices, progress } = await render()
    expect(slices.map(({ length }) => length)).toEqual([5 * RATE, 5 * RATE, 2 * RATE])
    expect(progress).toEqual([5 / 12, 10 / 12, 1])
  })

  it('gives each frame of the span once, in order', async () => {
    const from = 2 * RATE + 123
    const { slices } = await render({ span: { from, to: from + 7 * RATE } })
    const frames = slices.flatMap((slice) => Array.from(slice.getChannelData(0)))
    expect(frames).toHaveLength(7 * RATE)
    expect(frames.every((frame, n) => frame === from + n)).toBe(true)
  })

  it('plays all audible stems with one source for each slice', async () => {
    const { contexts } = await render({}, { vocals: {}, drums: {}, bass: { muted: true } })
    expect(contexts.map(({ starts }) => starts.map(({ at, stems }) => [at, stems.length]))).toEqual([
      [[0, 2]],
      [[0, 2]],
      [[0, 2]],
    ])
  })

  it('gives the limiter a second before each slice, and cuts that and its latency off', async () => {
    const { slices, contexts } = await render({ limiter: true, span: { from: 3 * RATE, to: 6 * RATE } })
    expect(contexts[0]?.length).toBe(4 * RATE + LATENCY)
    expect(contexts[0]?.starts[0]?.stems[0]?.[0]).toBe(2 * RATE)
    expect(slices.map(({ length }) => length)).toEqual([3 * RATE])
  })

  it('has less than a second before the start of the song', async () => {
    const { contexts } = await render({ limiter: true, span: { from: 100, to: RATE } })
    expect(contexts[0]?.length).toBe(RATE + LATENCY)
  })

  it('waits until a slice has been taken before it renders the next one', async () => {
    const taken: number[] = []
    await render({
      sink: async () => {
        taken.push(FakeOfflineContext.made.length)
        await new Promise((resolve) => setTimeout(resolve, 5))
      },
    })
    expect(taken).toEqual([1, 2, 3])
  })

  it('ends with the reason of its signal, and renders nothing more', async () => {
    const cancel = new AbortController()
    const sink = vi.fn(() => cancel.abort(new Error('cancelled')))
    await expect(render({ sink, signal: cancel.signal })).rejects.toThrow('cancelled')
    expect(sink).toHaveBeenCalledTimes(1)
  })
})
