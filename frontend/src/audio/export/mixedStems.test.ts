import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aMixRequest, FakeServer, fakeDecoder, RATE, settle } from '@/testing/fakeAudio'
import type { Channel } from '../mix'
import { MixedStems } from './mixedStems'
import { type MixRequest, renderedFrames } from './mixRequest'

const FRAMES = 20 * RATE
let server: FakeServer

beforeEach(() => {
  server = new FakeServer(FRAMES)
  vi.stubGlobal('fetch', server.fetch)
})
afterEach(() => vi.unstubAllGlobals())

const request = (stems: Record<string, Partial<Channel>>, change: Partial<MixRequest> = {}) =>
  aMixRequest(FRAMES, stems, change)

const mixed = (given: MixRequest) => new MixedStems(given, fakeDecoder(FRAMES))

describe('MixedStems', () => {
  it('are those that the mix lets through', () => {
    expect(mixed(request({ vocals: {}, drums: { muted: true } })).stems).toHaveLength(1)
    expect(mixed(request({ vocals: { soloed: true }, drums: {}, bass: {} })).stems).toHaveLength(1)
    expect(mixed(request({ vocals: { muted: true } })).stems).toEqual([])
  })

  it('have the settings of the mix, with the trim of their source', () => {
    const given = request({ vocals: { gain: -14, pan: 0.5 } })
    const [source] = given.sources
    const { stems } = mixed({ ...given, sources: source ? [{ ...source, trim: -6 }] : [] })
    expect(stems[0]).toMatchObject({ amplitude: 0.1, pan: 0.5 })
  })

  it('are neutral where the mix does not name them', () => {
    const { stems } = mixed({ ...request({ vocals: {} }), mix: new Map() })
    expect(stems[0]).toMatchObject({ amplitude: 1, pan: 0 })
  })

  it('can be waited for until a span is decoded in all of them', async () => {
    const stems = mixed(request({ vocals: {}, drums: {} }))
    const span = { from: RATE, to: 6 * RATE }
    await stems.waitUntilDecoded(span)
    for (const { stream } of stems.stems) expect(stream.store.decodedTo(span.from)).toBeGreaterThanOrEqual(span.to)
  })

  it('give up what was rendered', async () => {
    const stems = mixed(request({ vocals: {} }))
    await stems.waitUntilDecoded({ from: 0, to: 8 * RATE })
    stems.release(4 * RATE)
    expect(stems.stems[0]?.stream.store.chunkAt(0)).toBeUndefined()
    expect(stems.stems[0]?.stream.store.chunkAt(7 * RATE)).toBeDefined()
  })

  it("say why one can't be had", async () => {
    server.status.set('/drums.flac', 404)
    const stems = mixed(request({ vocals: {}, drums: {} }))
    await expect(stems.waitUntilDecoded({ from: 0, to: RATE })).rejects.toMatchObject({ failure: 'missing' })
  })

  it('stop waiting when the export is cancelled, with its reason', async () => {
    server.hold('/vocals.flac')
    const cancel = new AbortController()
    const stems = mixed(request({ vocals: {} }, { signal: cancel.signal }))
    const waiting = stems.waitUntilDecoded({ from: 0, to: RATE })
    await settle()
    cancel.abort(new Error('cancelled by the user'))
    await expect(waiting).rejects.toThrow('cancelled by the user')
  })
})

describe('renderedFrames', () => {
  it.each([
    [1, 1000],
    [2, 500],
    [0.5, 2000],
    [0.75, 1333],
  ])('at tempo %f 1000 frames of the song become %i', (tempo, frames) => {
    expect(renderedFrames({ span: { from: 500, to: 1500 }, tempo })).toBe(frames)
  })
})
