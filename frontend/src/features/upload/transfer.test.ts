import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { UploadPart } from '@/api/generated/types.gen'
import { AddressExpired, putPart } from './transfer'
import { UploadRefused } from './uploadErrors'

/** XMLHttpRequest in the hands of a test. */
class FakeRequest {
  static last: FakeRequest
  readonly upload: { onprogress?: (event: { loaded: number }) => void } = {}
  readonly headers: Record<string, string> = {}
  status = 0
  responseText = ''
  method = ''
  url = ''
  sent: Blob | null = null
  onload = () => {}
  onerror = () => {}
  onabort = () => {}
  onloadend = () => {}

  constructor() {
    FakeRequest.last = this
  }
  open(method: string, url: string) {
    this.method = method
    this.url = url
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value
  }
  send(body: Blob) {
    this.sent = body
  }
  abort() {
    this.onabort()
    this.onloadend()
  }
  answer(status: number, body = '') {
    this.status = status
    this.responseText = body
    this.onload()
    this.onloadend()
  }
}

beforeEach(() => vi.stubGlobal('XMLHttpRequest', FakeRequest))

const PART = {
  number: 2,
  offset: 4,
  bytes: 3,
  method: 'PUT',
  url: 'https://storage.test/part',
  headers: { 'Content-Type': 'audio/flac' },
  received: false,
} as unknown as UploadPart

function put(signal = new AbortController().signal) {
  const onProgress = vi.fn()
  const done = putPart(new Blob(['0123456789']), PART, onProgress, signal)
  done.catch(() => undefined)
  return { done, onProgress, request: FakeRequest.last }
}

describe('putPart', () => {
  it('sends its bytes of the file to its address, with its headers', async () => {
    const { done, request } = put()
    expect([request.method, request.url]).toEqual(['PUT', 'https://storage.test/part'])
    expect(request.headers).toEqual({ 'Content-Type': 'audio/flac' })
    expect(request.sent?.size).toBe(3)
    request.answer(200)
    await done
  })

  it('tells how many bytes have been sent, and never more than the part has', async () => {
    const { done, onProgress, request } = put()
    request.upload.onprogress?.({ loaded: 2 })
    request.upload.onprogress?.({ loaded: 99 })
    request.answer(204)
    await done
    expect(onProgress.mock.calls).toEqual([[2], [3], [3]])
  })

  it('says that its address has expired', async () => {
    const { done, request } = put()
    request.answer(403)
    await expect(done).rejects.toThrow(AddressExpired)
  })

  it("rejects with the server's own words", async () => {
    const { done, request } = put()
    request.answer(422, JSON.stringify({ type: '', title: '', status: 422, detail: 'Not audio.' }))
    await expect(done).rejects.toThrow(UploadRefused)
    await expect(done).rejects.toThrow('Not audio.')
  })

  it('rejects with the status where there are no words', async () => {
    const { done, request } = put()
    request.answer(500, '<html>')
    await expect(done).rejects.toThrow('status 500')
  })

  it('rejects in words when the connection breaks', async () => {
    const { done, request } = put()
    request.onerror()
    await expect(done).rejects.toThrow('The connection broke off')
  })

  it('stops with the reason of its signal', async () => {
    const stop = new AbortController()
    const { done } = put(stop.signal)
    stop.abort(new Error('paused'))
    await expect(done).rejects.toThrow('paused')
  })

  it('does not begin once it is to stop', async () => {
    await expect(put(AbortSignal.abort(new Error('paused'))).done).rejects.toThrow('paused')
  })
})
