import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { client } from '@/api/generated/client.gen'
import { sendRecording, UploadRefused } from './send'

class FakeRequest {
  static last: FakeRequest | undefined
  upload: { onprogress?: (event: { loaded: number }) => void; onload?: () => void } = {}
  onload = () => {}
  onerror = () => {}
  onabort = () => {}
  onloadend = () => {}
  status = 0
  responseText = ''
  body: unknown
  opened: string[] = []
  headers: Record<string, string> = {}
  constructor() {
    FakeRequest.last = this
  }
  open(...target: string[]) {
    this.opened = target
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value
  }
  send(body: unknown) {
    this.body = body
  }
  abort() {
    this.onabort()
  }
  answer(status: number, body: unknown = '') {
    this.status = status
    this.responseText = typeof body === 'string' ? body : JSON.stringify(body)
    this.onload()
  }
}

const FILE = new File(['0123456789'], 'take 4.wav')
const REQUEST = { file: FILE, profile: 'demo', strategy: 'instant' }
const PART = {
  number: 1,
  offset: 0,
  bytes: 10,
  received: false,
  url: 'https://files.test/u1?signature=7',
  method: 'PUT',
  headers: { 'Content-Type': 'application/octet-stream' },
}
const PLACE = {
  id: 'u1',
  profile: 'demo',
  fileName: 'take 4.wav',
  bytes: 10,
  parts: [PART],
  expiresAt: '2026-11-20T18:00:00Z',
}
const MADE = { recording: { id: 'r' }, job: null, known: false }

/** What the API was asked, and what it answers. */
let asked: [string, unknown][]
let answers: Record<string, () => Response>

beforeEach(() => {
  asked = []
  FakeRequest.last = undefined
  answers = {
    'POST /api/uploads': () => Response.json(PLACE, { status: 201 }),
    'POST /api/uploads/u1/complete': () => Response.json(MADE, { status: 201 }),
    'DELETE /api/uploads/u1': () => new Response(null, { status: 204 }),
  }
  vi.stubGlobal('XMLHttpRequest', FakeRequest)
  client.setConfig({
    baseUrl: 'http://stemset.test',
    fetch: async (input) => {
      const request = input as Request
      const call = `${request.method} ${new URL(request.url).pathname}`
      asked.push([call, request.body === null ? null : await request.json()])
      return answers[call]?.() ?? Response.error()
    },
  })
})
afterEach(() => vi.unstubAllGlobals())

const problem = (status: number, detail: string) => ({ type: '/problems/test', title: '', status, detail })

async function start(request = REQUEST) {
  const controller = new AbortController()
  const progress = vi.fn()
  const result = sendRecording(request, progress, controller.signal)
  result.catch(() => {})
  const http = await vi.waitFor(() => {
    if (!FakeRequest.last) throw new Error('Nothing is sent yet')
    return FakeRequest.last
  })
  return { controller, progress, result, http }
}

it('asks for a place, puts the bytes there, and has the recording made of them', async () => {
  const { http, result } = await start()
  expect(http.opened).toEqual(['PUT', PART.url])
  expect(http.headers).toEqual(PART.headers)
  expect((http.body as Blob).size).toBe(10)
  http.answer(204)
  await expect(result).resolves.toEqual(MADE)
  expect(asked).toEqual([
    ['POST /api/uploads', { profile: 'demo', fileName: 'take 4.wav', bytes: 10 }],
    ['POST /api/uploads/u1/complete', { strategy: 'instant' }],
  ])
})

it('leaves the choice to the profile when no strategy is known', async () => {
  const { http, result } = await start({ ...REQUEST, strategy: '' })
  http.answer(204)
  await result
  expect(asked.at(-1)).toEqual(['POST /api/uploads/u1/complete', {}])
})

it('tells the bytes already sent', async () => {
  const { http, progress } = await start()
  http.upload.onprogress?.({ loaded: 4 })
  http.upload.onload?.()
  expect(progress.mock.calls).toEqual([[4], [10]])
})

it('is refused before a byte is sent', async () => {
  answers['POST /api/uploads'] = () => Response.json(problem(413, 'It is too large.'), { status: 413 })
  await expect(sendRecording(REQUEST, vi.fn(), new AbortController().signal)).rejects.toThrow(
    new UploadRefused('It is too large.'),
  )
  expect(FakeRequest.last).toBeUndefined()
})

it('is refused in the server’s words, and gives its place back', async () => {
  answers['POST /api/uploads/u1/complete'] = () => Response.json(problem(422, 'It is no sound.'), { status: 422 })
  const { http, result } = await start()
  http.answer(204)
  await expect(result).rejects.toThrow(new UploadRefused('It is no sound.'))
  await expect(result).rejects.toBeInstanceOf(UploadRefused)
  expect(asked.at(-1)?.[0]).toBe('DELETE /api/uploads/u1')
})

it('fails, and may be tried again, when the server is in trouble', async () => {
  const { http, result } = await start()
  http.answer(502, '<html>Bad gateway</html>')
  await expect(result).rejects.toThrow('status 502')
  await expect(result).rejects.not.toBeInstanceOf(UploadRefused)
})

it('fails when the connection breaks', async () => {
  const { http, result } = await start()
  http.onerror()
  await expect(result).rejects.toThrow('connection broke off')
  await expect(result).rejects.not.toBeInstanceOf(UploadRefused)
})

it('stops when it is told to, and gives its place back', async () => {
  const { controller, result } = await start()
  controller.abort()
  await expect(result).rejects.toHaveProperty('name', 'AbortError')
  expect(asked.at(-1)?.[0]).toBe('DELETE /api/uploads/u1')
})
