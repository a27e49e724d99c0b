import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BrowserUploadStorage, type StoredUpload } from './uploadStorage'

const database = vi.hoisted(() => new Map<string, unknown>())
vi.mock('idb-keyval', () => ({
  createStore: () => undefined,
  entries: async () => [...database],
  set: async (key: string, value: unknown) => void database.set(key, value),
  del: async (key: string) => void database.delete(key),
}))

const HOUR = 3_600_000

function upload(storedAt: number): StoredUpload {
  const request = { file: new File(['x'], 'song.wav'), profile: 'demo', strategy: '' }
  return { request, uploadId: 'upload-1', paused: false, sentBytes: 0, storedAt }
}

/** Locks that this page does not get. */
let heldElsewhere: ReadonlySet<string> = new Set()

beforeEach(() => {
  database.clear()
  heldElsewhere = new Set()
  const request = (name: string, _: LockOptions, callback: (lock: Lock | null) => unknown) =>
    Promise.resolve(callback(heldElsewhere.has(name) ? null : ({ name } as Lock)))
  Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true })
})
afterEach(() => Reflect.deleteProperty(navigator, 'locks'))

describe('BrowserUploadStorage', () => {
  it('gives what earlier pages left, the oldest first', async () => {
    const storage = new BrowserUploadStorage()
    await storage.put('b', upload(Date.now()))
    await storage.put('a', upload(Date.now() - HOUR))
    expect((await storage.claimAll()).map(([key]) => key)).toEqual(['a', 'b'])
  })

  it('leaves to another page what that one works on', async () => {
    const storage = new BrowserUploadStorage()
    await storage.put('a', upload(Date.now()))
    heldElsewhere = new Set(['stemset-upload-a'])
    expect(await storage.claimAll()).toEqual([])
    expect(database.has('a')).toBe(true)
  })

  it('drops what the server has forgotten after a day', async () => {
    const storage = new BrowserUploadStorage()
    await storage.put('a', upload(Date.now() - 25 * HOUR))
    expect(await storage.claimAll()).toEqual([])
    expect(database.has('a')).toBe(false)
  })

  it('forgets an upload that is over', async () => {
    const storage = new BrowserUploadStorage()
    await storage.put('a', upload(Date.now()))
    await storage.remove('a')
    expect(await storage.claimAll()).toEqual([])
  })

  it('works without locks, where a page is not served securely', async () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })
    const storage = new BrowserUploadStorage()
    await storage.put('a', upload(Date.now()))
    expect(await storage.claimAll()).toHaveLength(1)
  })
})
