import { afterEach, describe, expect, it, vi } from 'vitest'
import { LoadError } from './failure'
import { fakeBuffer } from './fakes'
import { wholeFileLoader } from './loading'

const track = { stem: 'vocals', url: '/vocals.flac', indexUrl: '/vocals.index', streaminfo: '' }
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

const load = () => wholeFileLoader(44100)(track, new AbortController().signal)

afterEach(() => vi.unstubAllGlobals())

describe('wholeFileLoader', () => {
  it('decodes a file', async () => {
    answer(new Response(new Uint8Array(8)))
    expect(await load()).toBe(buffer)
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
