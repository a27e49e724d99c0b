import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BLOCK, FakeServer, fakeBuffer, fakeDecoder, RATE, settle, stemSource } from '@/testing/fakeAudio'
import { LoadError } from '../failure'
import type { Decoder } from '../flac/decoder'
import { StemStream } from './stemStream'

const FRAMES = 20 * RATE
const BYTES_OF_BLOCK = 100
let server: FakeServer

beforeEach(() => {
  server = new FakeServer(FRAMES)
  vi.stubGlobal('fetch', server.fetch)
})
afterEach(() => vi.unstubAllGlobals())

function setUp({ decoder = fakeDecoder(FRAMES) as Decoder, source = stemSource('vocals') } = {}) {
  const changed = vi.fn()
  const stream = new StemStream(source, FRAMES, decoder, changed)
  return { stream, changed }
}

const audioRequests = () => server.requests.filter(({ url }) => url.endsWith('.flac'))

describe('StemStream', () => {
  it('fetches the chunks between blocks with one request, and decodes each by itself', async () => {
    const { stream, changed } = setUp()
    stream.fetch([0, 3, 7])
    expect(stream.busy).toBe(true)
    await settle()
    expect(audioRequests()).toEqual([{ url: '/vocals.flac', from: 0, to: 7 * BYTES_OF_BLOCK }])
    expect(stream.store.chunkAt(0)?.span).toEqual({ from: 0, to: 3 * BLOCK })
    expect(stream.store.chunkAt(3 * BLOCK)?.span).toEqual({ from: 3 * BLOCK, to: 7 * BLOCK })
    expect(stream.store.chunkAt(3 * BLOCK)?.buffer.getChannelData(0)[0]).toBe(3 * BLOCK)
    expect(stream.busy).toBe(false)
    expect(changed).toHaveBeenCalled()
  })

  it('runs one request at a time', async () => {
    const { stream } = setUp()
    stream.fetch([0, 3])
    stream.fetch([10, 13])
    await settle()
    expect(audioRequests()).toHaveLength(1)
  })

  it('ends with the song, whose last block is shorter', async () => {
    const { stream } = setUp()
    const last = Math.ceil(FRAMES / BLOCK)
    stream.fetch([last - 1, last])
    await settle()
    expect(stream.store.decodedTo((last - 1) * BLOCK)).toBe(FRAMES)
  })

  it('ends a request that a seek leaves behind', async () => {
    server.hold('/vocals.flac')
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    stream.seek(10 * RATE)
    expect(stream.busy).toBe(false)
    server.release('/vocals.flac')
    await settle()
    expect(stream.store.chunkAt(0)).toBeUndefined()
    expect(stream.failure).toBeNull()
  })

  it('keeps a request that soon brings the sound at the new position', async () => {
    server.hold('/vocals.flac')
    const { stream } = setUp()
    stream.fetch([0, 20])
    await settle()
    stream.seek(0.4 * RATE)
    expect(stream.busy).toBe(true)
    stream.seek(0.6 * RATE)
    expect(stream.busy).toBe(false)
  })

  it('ends a request that lies ahead of the new position', async () => {
    server.hold('/vocals.flac')
    const { stream } = setUp()
    stream.fetch([10, 13])
    await settle()
    stream.seek(0)
    expect(stream.busy).toBe(false)
  })

  it.each([
    [404, 'missing'],
    [403, 'forbidden'],
  ] as const)('says after a %i that it is %s, and fetches nothing more', async (status, failure) => {
    server.status.set('/vocals.flac', status)
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    expect(stream.failure).toBe(failure)
    stream.fetch([0, 3])
    expect(stream.busy).toBe(false)
  })

  it('fetches again after a failure once it is told to', async () => {
    server.status.set('/vocals.flac', 404)
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    server.status.clear()
    stream.retry()
    stream.fetch([0, 3])
    await settle()
    expect(stream.store.decodedTo(0)).toBe(3 * BLOCK)
  })

  it('says that a chunk cannot be decoded when the decoder refuses it', async () => {
    const { stream } = setUp({ decoder: () => Promise.reject(new LoadError('undecodable')) })
    stream.fetch([0, 3])
    await settle()
    expect(stream.failure).toBe('undecodable')
  })

  it('says so, too, when a chunk comes out shorter than its blocks are', async () => {
    const { stream } = setUp({ decoder: async () => fakeBuffer(0, BLOCK) })
    stream.fetch([0, 3])
    await settle()
    expect(stream.failure).toBe('undecodable')
    expect(stream.store.chunkAt(0)).toBeUndefined()
  })

  it('cannot be retried when it is no FLAC at all', () => {
    const { stream } = setUp({ source: { ...stemSource('vocals'), streaminfo: 'AAAA' } })
    expect(stream.failure).toBe('undecodable')
    stream.retry()
    expect(stream.failure).toBe('undecodable')
  })

  it('goes on under a new address, and forgives the old one that had expired', async () => {
    server.status.set('/vocals.flac', 403)
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    stream.renewAddresses({ ...stemSource('vocals'), url: '/renewed.flac', indexUrl: '/renewed.index' })
    expect(stream.failure).toBeNull()
    stream.fetch([0, 3])
    await settle()
    expect(audioRequests().at(-1)?.url).toBe('/renewed.flac')
  })

  it('does not forgive another failure for a new address', async () => {
    server.status.set('/vocals.flac', 404)
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    stream.renewAddresses(stemSource('vocals'))
    expect(stream.failure).toBe('missing')
  })

  it('decodes nothing after it was disposed', async () => {
    server.hold('/vocals.flac')
    const { stream, changed } = setUp()
    stream.fetch([0, 3])
    await settle()
    stream.dispose()
    changed.mockClear()
    server.release('/vocals.flac')
    await settle()
    expect(changed).not.toHaveBeenCalled()
    expect(stream.store.chunkAt(0)).toBeUndefined()
  })
})

describe('a request', () => {
  it('puts its chunks together from whatever pieces the network brings', async () => {
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const answer = await server.fetch(url, init)
      if (!url.endsWith('.flac')) return answer
      const bytes = new Uint8Array(await answer.arrayBuffer())
      const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, n) => bytes.slice(7 * n, 7 * n + 7))
      return new Response(
        new ReadableStream({
          start(controller) {
            for (const piece of pieces) controller.enqueue(piece)
            controller.close()
          },
        }),
        { status: 206 },
      )
    })
    const { stream } = setUp()
    stream.fetch([2, 3, 5, 9])
    await settle()
    const starts = [2, 3, 5].map((block) => stream.store.chunkAt(block * BLOCK)?.buffer.getChannelData(0)[0])
    expect(starts).toEqual([2 * BLOCK, 3 * BLOCK, 5 * BLOCK])
    expect(stream.store.decodedTo(2 * BLOCK)).toBe(9 * BLOCK)
  })

  it('is not made before the index has told where the blocks lie, and ends with it', async () => {
    server.hold('/vocals.index')
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    expect(audioRequests()).toEqual([])
    stream.stop()
    server.release('/vocals.index')
    await settle()
    expect(audioRequests()).toEqual([])
    expect(stream.busy).toBe(false)
  })

  it('fails with the index', async () => {
    server.status.set('/vocals.index', 404)
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    expect(stream.failure).toBe('missing')
    expect(stream.busy).toBe(false)
  })

  it('reads the index once for several of them', async () => {
    const { stream } = setUp()
    for (const cuts of [
      [0, 3],
      [3, 7],
    ]) {
      stream.fetch(cuts)
      await settle()
    }
    expect(server.requests.filter(({ url }) => url.endsWith('.index'))).toHaveLength(1)
    expect(stream.store.decodedTo(0)).toBe(7 * BLOCK)
  })

  it('that was stopped may be followed by the next one at once', async () => {
    server.hold('/vocals.flac')
    const { stream } = setUp()
    stream.fetch([0, 3])
    await settle()
    stream.stop()
    server.release('/vocals.flac')
    stream.fetch([10, 13])
    await settle()
    expect(stream.store.chunkAt(0)).toBeUndefined()
    expect(stream.store.decodedTo(10 * BLOCK)).toBe(13 * BLOCK)
  })

  it('keeps what it has decoded when a later chunk is broken', async () => {
    const whole = fakeDecoder(FRAMES)
    let decoded = 0
    const { stream } = setUp({
      decoder: (file) => (++decoded > 1 ? Promise.reject(new LoadError('undecodable')) : whole(file)),
    })
    stream.fetch([0, 3, 7])
    await settle()
    expect(stream.failure).toBe('undecodable')
    expect(stream.store.decodedTo(0)).toBe(3 * BLOCK)
  })
})
