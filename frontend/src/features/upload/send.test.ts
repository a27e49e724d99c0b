import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sendRecording, UploadRefused } from './send'

class FakeRequest {
  static last: FakeRequest
  upload: { onprogress?: (event: { loaded: number }) => void; onload?: () => void } = {}
  onload = () => {}
  onerror = () => {}
  onabort = () => {}
  onloadend = () => {}
  status = 0
  responseText = ''
  body = new FormData()
  opened: string[] = []
  constructor() {
    FakeRequest.last = this
  }
  open(...target: string[]) {
    this.opened = target
  }
  setRequestHeader() {}
  send(body: FormData) {
    this.body = body
  }
  abort() {
    this.onabort()
  }
  answer(status: number, body: unknown) {
    this.status = status
    this.responseText = typeof body === 'string' ? body : JSON.stringify(body)
    this.onload()
  }
}

const FILE = new File(['0123456789'], 'take 4.wav')
const REQUEST = { file: FILE, profile: 'demo', strategy: 'instant' }

function start(request = REQUEST) {
  const controller = new AbortController()
  const progress = vi.fn()
  const result = sendRecording(request, progress, controller.signal)
  return { controller, progress, result, http: FakeRequest.last }
}

beforeEach(() => vi.stubGlobal('XMLHttpRequest', FakeRequest))
afterEach(() => vi.unstubAllGlobals())

it('posts the file with its profile and strategy', async () => {
  const { http, result } = start()
  expect(http.opened).toEqual(['POST', '/api/recordings'])
  expect(http.body.get('profile')).toBe('demo')
  expect(http.body.get('strategy')).toBe('instant')
  expect(http.body.get('file')).toHaveProperty('name', 'take 4.wav')
  http.answer(201, { recording: { id: 'r' }, job: null })
  await expect(result).resolves.toEqual({ recording: { id: 'r' }, job: null })
})

it('leaves the choice to the profile when no strategy is known', () => {
  expect(start({ ...REQUEST, strategy: '' }).http.body.has('strategy')).toBe(false)
})

it('never reports more bytes than the file has: the form around it is not the song', () => {
  const { http, progress } = start()
  http.upload.onprogress?.({ loaded: 4 })
  http.upload.onprogress?.({ loaded: 300 })
  expect(progress.mock.calls).toEqual([[4], [10]])
})

it('is refused in the server’s words', async () => {
  const { http, result } = start()
  http.answer(422, { type: '/problems/unreadable-audio', status: 422, title: '', detail: 'It is no sound.' })
  await expect(result).rejects.toThrow(new UploadRefused('It is no sound.'))
  await expect(result).rejects.toBeInstanceOf(UploadRefused)
})

it('fails, and may be tried again, when the server is in trouble', async () => {
  const { http, result } = start()
  http.answer(502, '<html>Bad gateway</html>')
  await expect(result).rejects.toThrow('status 502')
  await expect(result).rejects.not.toBeInstanceOf(UploadRefused)
})

it('fails when the connection breaks', async () => {
  const { http, result } = start()
  http.onerror()
  await expect(result).rejects.toThrow('connection broke off')
})

it('stops when it is told to', async () => {
  const { controller, result } = start()
  controller.abort()
  await expect(result).rejects.toHaveProperty('name', 'AbortError')
})
