import { afterEach, describe, expect, it, vi } from 'vitest'
import { fakeBuffer } from './fakes'
import { LoadError, wholeFileLoader } from './loading'

const track = { stem: 'vocals', url: '/vocals.flac', bytes: 8 }
const buffer = fakeBuffer(100, 44100)

function answer(response: Response | Error, decode: () => Promise<AudioBuffer> = async () => buffer) {
  vi.stubGlobal('fetch', async () => {
    if (response instanceof Error) throw response
    return response
  })
  vi.stubGlobal(
    'OfflineAudioContext',
    class {
      decodeAudioData = decode
    },
  )
}

async function failure() {
  const error = await load().catch((thrown: unknown) => thrown)
  return error instanceof LoadError ? error.failure : error
}

const load = (progress: (fraction: number) => void = () => undefined) =>
  wholeFileLoader(44100)(track, progress, new AbortController().signal)

afterEach(() => vi.unstubAllGlobals())

describe('wholeFileLoader', () => {
  it('decodes a file and tells how much of it has come', async () => {
    answer(new Response(new Uint8Array(8)))
    const fractions: number[] = []
    expect(await load((fraction) => fractions.push(fraction))).toBe(buffer)
    expect(fractions.at(-1)).toBe(1)
  })

  it('tells a missing file from a failing network', async () => {
    answer(new Response('', { status: 404 }))
    expect(await failure()).toBe('missing')
    answer(new Response('', { status: 503 }))
    expect(await failure()).toBe('network')
    answer(new TypeError('Failed to fetch'))
    expect(await failure()).toBe('network')
  })

  it('tells a file that is no audio', async () => {
    answer(new Response(new Uint8Array(8)), () => Promise.reject(new DOMException('', 'EncodingError')))
    expect(await failure()).toBe('undecodable')
  })
})
