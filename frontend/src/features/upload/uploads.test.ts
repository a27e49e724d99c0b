import { describe, expect, it, vi } from 'vitest'
import type { Uploaded } from '@/api/generated/types.gen'
import { aRecording, CONFIG } from '@/testing/data'
import type { Send } from './send'
import { UploadRefused } from './uploadErrors'
import type { StoredUpload, UploadStorage } from './uploadStorage'
import { describeRefusal, Uploads } from './uploads'

const UPLOADED: Uploaded = { recording: aRecording(), job: null, known: false }

function song(name: string, size = 10): File {
  return new File([new Uint8Array(size)], name)
}

/** A sender whose transfers end when the test says so. */
function heldSender() {
  const calls: {
    name: string
    uploadId: string | null
    onCreated: (uploadId: string) => void
    onProgress: (sent: number) => void
    resolve: (uploaded: Uploaded) => void
    reject: (error: Error) => void
    signal: AbortSignal
  }[] = []
  const send: Send = ({ file }, uploadId, { onCreated, onProgress }, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')))
      calls.push({ name: file.name, uploadId, onCreated, onProgress, resolve, reject, signal })
    })
  return { calls, send }
}

/** Stores in memory what a browser stores in its database. */
class FakeUploadStorage implements UploadStorage {
  readonly stored = new Map<string, StoredUpload>()
  claimAll = async () => [...this.stored]
  put = async (key: string, upload: StoredUpload) => void this.stored.set(key, upload)
  remove = async (key: string) => void this.stored.delete(key)
}

const states = (uploads: Uploads) => uploads.snapshot().map(({ state }) => state)
const settle = () => new Promise((resolve) => setTimeout(resolve))

describe('refusal', () => {
  it('takes a file within the limits', () => expect(describeRefusal(song('a.wav'), CONFIG.limits)).toBeNull())
  it('refuses an empty file', () => expect(describeRefusal(song('a.wav', 0), CONFIG.limits)).toContain('empty'))

  it('names the size and the limit of a file that is too large', () => {
    expect(describeRefusal(song('a.wav', 3_000_000), CONFIG.limits)).toContain('has 3 MB; the limit is 2 MB')
  })
})

describe('Uploads', () => {
  it('never sends a file that is refused', () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a.wav', 0)], 'demo', 'instant', CONFIG.limits)
    expect(states(uploads)).toEqual(['refused'])
    expect(calls).toEqual([])
    expect(uploads.busy).toBe(false)
  })

  it('sends two files at once, the others in turn', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a'), song('b'), song('c')], 'demo', 'instant', undefined)
    expect(states(uploads)).toEqual(['sending', 'sending', 'waiting'])
    calls[0]?.resolve(UPLOADED)
    await settle()
    expect(calls.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  it('shows the bytes sent, then that the server reads the file', () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a', 10)], 'demo', 'instant', undefined)
    calls[0]?.onProgress(4)
    expect(uploads.snapshot()[0]).toMatchObject({ state: 'sending', sentBytes: 4 })
    calls[0]?.onProgress(10)
    expect(uploads.snapshot()[0]?.state).toBe('checking')
  })

  it('hands over what the server made, and forgets the upload', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.onUploaded = vi.fn()
    uploads.add([song('a')], 'demo', 'instant', undefined)
    calls[0]?.resolve(UPLOADED)
    await settle()
    expect(uploads.onUploaded).toHaveBeenCalledExactlyOnceWith(UPLOADED)
    expect(uploads.snapshot()).toEqual([])
  })

  it('keeps a failed upload with its reason, and sends it again on demand', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a')], 'demo', 'instant', undefined)
    calls[0]?.reject(new Error('The file ends after 12 s.'))
    await settle()
    const [failed] = uploads.snapshot()
    expect(failed).toMatchObject({ state: 'failed', message: 'The file ends after 12 s.' })
    uploads.retry(failed?.id ?? 0)
    expect(states(uploads)).toEqual(['sending'])
  })

  it('offers no second try for a file that the server refused', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a')], 'demo', 'instant', undefined)
    calls[0]?.reject(new UploadRefused('Not a sound.'))
    await settle()
    expect(uploads.snapshot()[0]).toMatchObject({ state: 'refused', message: 'Not a sound.' })
  })

  it('keeps an upload whose song was there already, with the recording, until it is cleared', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a')], 'demo', 'instant', undefined)
    calls[0]?.resolve({ ...UPLOADED, known: true })
    await settle()
    expect(uploads.snapshot()[0]).toMatchObject({ state: 'known', recording: { title: 'Lithium' } })
    expect(uploads.busy).toBe(false)
    uploads.clear('other')
    expect(states(uploads)).toEqual(['known'])
    uploads.clear('demo')
    expect(states(uploads)).toEqual([])
  })

  it('clears no upload that is under way', () => {
    const uploads = new Uploads(heldSender().send)
    uploads.add([song('a'), song('b', 0)], 'demo', 'instant', undefined)
    uploads.clear('demo')
    expect(states(uploads)).toEqual(['sending'])
  })

  it('aborts an upload that is removed, and gives its line to the next', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a'), song('b'), song('c')], 'demo', 'instant', undefined)
    uploads.remove(uploads.snapshot()[0]?.id ?? 0)
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
    expect(uploads.snapshot().map(({ request, state }) => [request.file.name, state])).toEqual([
      ['b', 'sending'],
      ['c', 'sending'],
    ])
  })

  it('pauses an upload, and goes on with it where it was', async () => {
    const { calls, send } = heldSender()
    const uploads = new Uploads(send)
    uploads.add([song('a'), song('b'), song('c')], 'demo', 'instant', undefined)
    calls[0]?.onCreated('u1')
    calls[0]?.onProgress(4)
    uploads.pause(uploads.snapshot()[0]?.id ?? 0)
    await settle()
    expect(states(uploads)).toEqual(['paused', 'sending', 'sending'])
    expect(uploads.snapshot()[0]?.sentBytes).toBe(4)
    uploads.retry(uploads.snapshot()[0]?.id ?? 0)
    calls[1]?.resolve(UPLOADED)
    await settle()
    expect(calls.at(-1)).toMatchObject({ name: 'a', uploadId: 'u1' })
  })
})

describe('Uploads that are kept', () => {
  it('go on in the next page with the same file and place', async () => {
    const keep = new FakeUploadStorage()
    const first = heldSender()
    const before = new Uploads(first.send, keep)
    before.add([song('a'), song('b', 0)], 'demo', 'instant', undefined)
    first.calls[0]?.onCreated('u1')
    await settle()
    expect(before.busy).toBe(false)

    const second = heldSender()
    const after = new Uploads(second.send, keep)
    await after.resume()
    expect(after.snapshot()).toMatchObject([{ state: 'sending', resumed: true }])
    expect(second.calls).toMatchObject([{ name: 'a', uploadId: 'u1' }])
    second.calls[0]?.resolve(UPLOADED)
    await settle()
    expect(keep.stored.size).toBe(0)
  })

  it('stay paused', async () => {
    const keep = new FakeUploadStorage()
    const { calls, send } = heldSender()
    const before = new Uploads(send, keep)
    before.add([song('a')], 'demo', 'instant', undefined)
    calls[0]?.onProgress(4)
    before.pause(before.snapshot()[0]?.id ?? 0)
    await settle()
    const after = new Uploads(heldSender().send, keep)
    await after.resume()
    expect(after.snapshot()).toMatchObject([{ state: 'paused', sentBytes: 4 }])
  })

  it('are forgotten when they are removed or refused', async () => {
    const keep = new FakeUploadStorage()
    const { calls, send } = heldSender()
    const uploads = new Uploads(send, keep)
    uploads.add([song('a'), song('b')], 'demo', 'instant', undefined)
    uploads.remove(uploads.snapshot()[0]?.id ?? 0)
    calls[1]?.reject(new UploadRefused('Not a sound.'))
    await settle()
    expect(states(uploads)).toEqual(['refused'])
    expect(keep.stored.size).toBe(0)
  })

  it('are held up by nothing where the browser keeps nothing', async () => {
    const broken: UploadStorage = {
      claimAll: () => Promise.reject(new Error('private window')),
      put: () => Promise.reject(new Error('no room')),
      remove: () => Promise.reject(new Error('private window')),
    }
    const { calls, send } = heldSender()
    const uploads = new Uploads(send, broken)
    await uploads.resume()
    uploads.add([song('a')], 'demo', 'instant', undefined)
    await settle()
    expect(uploads.busy).toBe(true)
    calls[0]?.resolve(UPLOADED)
    await settle()
    expect(uploads.snapshot()).toEqual([])
  })
})
