import { afterEach, describe, expect, it, vi } from 'vitest'
import { downloadAll } from './download'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const FILE = Uint8Array.from({ length: 100 }, (_, at) => at)

/** Answers requests in turn; the last answer is given again and again. */
function answers(...given: ((range: string) => Response | Error)[]) {
  const ranges: string[] = []
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    init.signal?.throwIfAborted()
    const range = new Headers(init.headers).get('Range') ?? ''
    ranges.push(range)
    const answer = given[Math.min(ranges.length, given.length) - 1]?.(range)
    if (!answer || answer instanceof Error) throw answer
    return answer
  })
  return ranges
}

const partial = (from: number, to: number) => () => new Response(FILE.slice(from, to), { status: 206 })
const status = (code: number) => () => new Response('', { status: code })
const lost = () => new TypeError('Failed to fetch')

function get(onRetrying?: (yes: boolean) => void, signal = new AbortController().signal) {
  vi.useFakeTimers()
  const coming = downloadAll('/file', { from: 10, to: 30 }, { signal, ...(onRetrying ? { onRetrying } : {}) })
  coming.catch(() => undefined)
  return { coming, settle: () => vi.advanceTimersByTimeAsync(60_000) }
}

describe('download', () => {
  it('asks for a range and gives its bytes', async () => {
    const ranges = answers(partial(10, 30))
    const { coming, settle } = get()
    await settle()
    expect(await coming).toEqual(FILE.slice(10, 30))
    expect(ranges).toEqual(['bytes=10-29'])
  })

  it('finds the part in a whole file, from a server without ranges', async () => {
    answers(() => new Response(FILE))
    const { coming, settle } = get()
    await settle()
    expect(await coming).toEqual(FILE.slice(10, 30))
  })

  it('tries again where the network fails, from the byte that was reached', async () => {
    const ranges = answers(lost, status(503), partial(10, 17), partial(17, 30))
    const told: boolean[] = []
    const { coming, settle } = get((yes) => told.push(yes))
    await settle()
    expect(await coming).toEqual(FILE.slice(10, 30))
    expect(ranges.at(-1)).toBe('bytes=17-29')
    expect(told[0]).toBe(true)
    expect(told.at(-1)).toBe(false)
  })

  it.each([
    [404, 'missing'],
    [410, 'missing'],
    [403, 'forbidden'],
    [416, 'undecodable'],
    [400, 'network'],
  ])('does not try again after a %i: %s', async (code, failure) => {
    const ranges = answers(status(code))
    const { coming, settle } = get()
    await settle()
    await expect(coming).rejects.toMatchObject({ failure })
    expect(ranges).toHaveLength(1)
  })

  it('gives up a network that stays away', async () => {
    answers(lost)
    const { coming, settle } = get()
    await settle()
    await expect(coming).rejects.toMatchObject({ failure: 'network' })
  })

  it('ends when it is aborted', async () => {
    answers(lost)
    const abort = new AbortController()
    const { coming, settle } = get(undefined, abort.signal)
    abort.abort()
    await settle()
    await expect(coming).rejects.toThrow('abort')
  })
})
