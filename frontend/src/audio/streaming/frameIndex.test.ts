import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BLOCK, FakeServer } from '@/testing/fakeAudio'
import { FrameIndex } from './frameIndex'

const BLOCKS = 10_000
let server: FakeServer

beforeEach(() => {
  server = new FakeServer(BLOCKS * BLOCK)
  vi.stubGlobal('fetch', server.fetch)
})
afterEach(() => vi.unstubAllGlobals())

const index = () => new FrameIndex('/vocals.index', BLOCKS, { signal: new AbortController().signal })

it('gives the offsets of blocks, and the end of the file', async () => {
  expect(await index().offsets([0, 3, BLOCKS])).toEqual([0, 300, 100 * BLOCKS])
})

it('reads only the pages that are needed, each once', async () => {
  const read = index()
  await read.offsets([1, 2])
  await read.offsets([5])
  expect(server.requests).toEqual([{ url: '/vocals.index', from: 0, to: 4 * 4096 }])
  await read.offsets([4095, 4097, 9000])
  expect(server.requests.map(({ from }) => from)).toEqual([0, 4 * 4096, 8 * 4096])
})

it('asks again for a page that could not be had', async () => {
  const read = index()
  server.status.set('/vocals.index', 404)
  await expect(read.offsets([0])).rejects.toMatchObject({ failure: 'missing' })
  server.status.clear()
  expect(await read.offsets([1])).toEqual([100])
})
