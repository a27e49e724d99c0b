import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MixSaver, type SaveResult } from './mixSaver'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

const saved = (version: number): SaveResult => ({ kind: 'saved', version })

function saving(send: (value: string, version: number) => Promise<SaveResult>) {
  return new MixSaver<string>({ version: 3, send, quietMs: 100, retryMs: 1000 })
}

describe('the saver', () => {
  it('sends the last of many changes, once it is quiet', async () => {
    const send = vi.fn(async () => saved(4))
    const saver = saving(send)
    for (const value of ['a', 'b', 'c']) saver.schedule(value)
    expect(saver.state()).toBe('waiting')
    await vi.advanceTimersByTimeAsync(100)
    expect(send.mock.calls).toEqual([['c', 3, false]])
    expect(saver.state()).toBe('saved')
  })

  it('counts the versions on, one request at a time', async () => {
    let answer = (_: SaveResult) => {}
    const send = vi.fn((_value: string, _version: number) => new Promise<SaveResult>((resolve) => (answer = resolve)))
    const saver = saving(send)
    saver.schedule('a')
    await vi.advanceTimersByTimeAsync(100)
    saver.schedule('b')
    await vi.advanceTimersByTimeAsync(500)
    expect(send).toHaveBeenCalledTimes(1)
    answer(saved(4))
    await vi.advanceTimersByTimeAsync(100)
    expect(send.mock.calls[1]?.slice(0, 2)).toEqual(['b', 4])
  })

  it('tries again when the service does not answer, with what is there by then', async () => {
    const send = vi.fn(async (value: string) => {
      if (value === 'a') throw new TypeError('no network')
      return saved(4)
    })
    const saver = saving(send)
    saver.schedule('a')
    await vi.advanceTimersByTimeAsync(100)
    expect(saver.state()).toBe('failed')
    saver.schedule('b')
    await vi.advanceTimersByTimeAsync(1000)
    expect(send).toHaveBeenLastCalledWith('b', 3, false)
    expect(saver.state()).toBe('saved')
  })

  it('stops when somebody else has saved, until it is told who wins', async () => {
    const send = vi.fn(async (_value: string, version: number) =>
      version === 3 ? { kind: 'stale' as const } : saved(8),
    )
    const saver = saving(send)
    saver.schedule('mine')
    await vi.advanceTimersByTimeAsync(100)
    saver.schedule('mine too')
    await vi.advanceTimersByTimeAsync(5000)
    expect([saver.state(), send.mock.calls.length]).toEqual(['stale', 1])
    saver.settle(7, true)
    await vi.advanceTimersByTimeAsync(0)
    expect(send).toHaveBeenLastCalledWith('mine too', 7, false)
    expect(saver.state()).toBe('saved')
  })

  it('forgets its own when the other one wins', async () => {
    const send = vi.fn(async (): Promise<SaveResult> => ({ kind: 'stale' }))
    const saver = saving(send)
    saver.schedule('mine')
    await vi.advanceTimersByTimeAsync(100)
    saver.settle(7, false)
    await vi.advanceTimersByTimeAsync(5000)
    expect([saver.state(), send.mock.calls.length]).toEqual(['saved', 1])
  })

  it('sends at once when the page goes', () => {
    const send = vi.fn(async () => saved(4))
    const saver = saving(send)
    saver.schedule('a')
    saver.flush()
    expect(send).toHaveBeenCalledWith('a', 3, true)
  })
})

describe('the saver, while the service is away', () => {
  it('tries again and again, with the same version, until it answers', async () => {
    let away = true
    const send = vi.fn(async () => {
      if (away) throw new TypeError('no network')
      return saved(4)
    })
    const saver = saving(send)
    saver.schedule('a')
    await vi.advanceTimersByTimeAsync(3100)
    expect(saver.state()).toBe('failed')
    expect(send.mock.calls.length).toBeGreaterThan(2)
    away = false
    await vi.advanceTimersByTimeAsync(1000)
    expect(send).toHaveBeenLastCalledWith('a', 3, false)
    expect(saver.state()).toBe('saved')
  })

  it('does not try again once it is disposed of', async () => {
    const send = vi.fn(() => Promise.reject(new TypeError('no network')))
    const saver = saving(send)
    saver.schedule('a')
    await vi.advanceTimersByTimeAsync(100)
    expect(saver.state()).toBe('failed')
    saver.dispose()
    expect(send).toHaveBeenLastCalledWith('a', 3, true)
    const calls = send.mock.calls.length
    vi.clearAllTimers()
    await vi.advanceTimersByTimeAsync(0)
    expect(send).toHaveBeenCalledTimes(calls)
  })
})

describe('the saver, while a request is on its way', () => {
  it('shows that it saves, then that more waits, and sends the last only', async () => {
    let answer = (_: SaveResult) => {}
    const send = vi.fn((_value: string, _version: number) => new Promise<SaveResult>((resolve) => (answer = resolve)))
    const saver = saving(send)
    const states: string[] = []
    saver.subscribe(() => states.push(saver.state()))
    saver.schedule('a')
    await vi.advanceTimersByTimeAsync(100)
    saver.schedule('b')
    saver.schedule('c')
    answer(saved(4))
    await vi.advanceTimersByTimeAsync(100)
    answer(saved(5))
    await vi.advanceTimersByTimeAsync(0)
    expect(send.mock.calls.map(([value, version]) => [value, version])).toEqual([
      ['a', 3],
      ['c', 4],
    ])
    expect(states).toEqual(['waiting', 'saving', 'waiting', 'saving', 'saved'])
  })

  it('does not send it a second time when the page goes', async () => {
    const send = vi.fn(() => new Promise<SaveResult>(() => {}))
    const saver = saving(send)
    saver.schedule('a')
    await vi.advanceTimersByTimeAsync(100)
    saver.flush()
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('keeps the newer value when the older one turns out stale', async () => {
    let answer = (_: SaveResult) => {}
    const send = vi.fn((_value: string, _version: number) => new Promise<SaveResult>((resolve) => (answer = resolve)))
    const saver = saving(send)
    saver.schedule('old')
    await vi.advanceTimersByTimeAsync(100)
    saver.schedule('new')
    answer({ kind: 'stale' })
    await vi.advanceTimersByTimeAsync(0)
    expect(saver.state()).toBe('stale')
    saver.settle(7, true)
    expect(send.mock.lastCall?.slice(0, 2)).toEqual(['new', 7])
  })
})

it('nothing is sent when nothing has changed', async () => {
  const send = vi.fn(async () => saved(4))
  const saver = saving(send)
  saver.flush()
  saver.dispose()
  await vi.advanceTimersByTimeAsync(5000)
  expect(send).not.toHaveBeenCalled()
})
