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

/** A body that brings these bytes, and then nothing more until `signal` ends it. */
function hanging(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal | null | undefined, onCancel = () => {}) {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      signal?.addEventListener('abort', () => controller.error(signal.reason))
    },
    cancel: onCancel,
  })
}

describe('an answer that stalls', () => {
  it('is given up after fifteen seconds, and asked for anew from the byte that was reached', async () => {
    const ranges: string[] = []
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      ranges.push(new Headers(init.headers).get('Range') ?? '')
      if (ranges.length > 1) return partial(14, 30)()
      return new Response(hanging(FILE.slice(10, 14), init.signal), { status: 206 })
    })
    const told: boolean[] = []
    const { coming } = get((yes) => told.push(yes))
    await vi.advanceTimersByTimeAsync(14_900)
    expect(ranges).toEqual(['bytes=10-29'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(await coming).toEqual(FILE.slice(10, 30))
    expect(ranges).toEqual(['bytes=10-29', 'bytes=14-29'])
    expect(told).toEqual([true, false])
  })

  it('ends at once when it is aborted, and is not asked for again', async () => {
    const abort = new AbortController()
    let requests = 0
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      requests += 1
      return new Response(hanging(FILE.slice(10, 14), init.signal), { status: 206 })
    })
    const { coming, settle } = get(undefined, abort.signal)
    await vi.advanceTimersByTimeAsync(100)
    abort.abort(new Error('seek'))
    await settle()
    await expect(coming).rejects.toThrow('seek')
    expect(requests).toBe(1)
  })
})

describe('retries', () => {
  it('are nine without a byte between them', async () => {
    const ranges = answers(lost)
    const { coming, settle } = get()
    await settle()
    await expect(coming).rejects.toMatchObject({ failure: 'network' })
    expect(ranges).toHaveLength(9)
  })

  it('are counted anew after each byte that came', async () => {
    const losses = (count: number) => Array.from({ length: count }, () => lost)
    // An answer that breaks off is the first of the next nine.
    answers(...losses(8), partial(10, 11), ...losses(7), partial(11, 30))
    const { coming, settle } = get()
    await settle()
    await settle()
    expect(await coming).toEqual(FILE.slice(10, 30))
  })

  it('pause longer each time', async () => {
    const times: number[] = []
    vi.stubGlobal('fetch', async () => {
      times.push(Date.now())
      throw lost()
    })
    const { coming, settle } = get()
    await settle()
    await expect(coming).rejects.toMatchObject({ failure: 'network' })
    const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0))
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000])
  })
})

it('nothing is asked for where nothing is wanted', async () => {
  const ranges = answers(lost)
  const signal = new AbortController().signal
  expect(await downloadAll('/file', { from: 10, to: 10 }, { signal })).toEqual(new Uint8Array())
  expect(ranges).toEqual([])
})

it('a whole file is left alone once the part that is wanted has come', async () => {
  const cancelled = vi.fn()
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => new Response(hanging(FILE, init.signal, cancelled)))
  const { coming, settle } = get()
  await settle()
  expect(await coming).toEqual(FILE.slice(10, 30))
  expect(cancelled).toHaveBeenCalledOnce()
})
