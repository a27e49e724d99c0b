import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { client } from '@/api/generated/client.gen'
import { sendRecording } from './send'
import { UploadRefused } from './uploadErrors'

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

const FILE = new File(['0123456789'], 'take 4.wav', { type: 'audio/wav' })
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

async function start(request = REQUEST, uploadId: string | null = null) {
  const controller = new AbortController()
  const onProgress = vi.fn()
  const onCreated = vi.fn()
  const result = sendRecording(request, uploadId, { onCreated, onProgress }, controller.signal)
  result.catch(() => {})
  const http = await vi.waitFor(() => {
    if (!FakeRequest.last) throw new Error('Nothing is sent yet')
    return FakeRequest.last
  })
  return { controller, onProgress, onCreated, result, http }
}

/** The next request after this one. */
function after(http: FakeRequest) {
  return vi.waitFor(
    () => {
      if (!FakeRequest.last || FakeRequest.last === http) throw new Error('Nothing more is sent yet')
      return FakeRequest.last
    },
    { timeout: 5000 },
  )
}

it('asks for a place, puts the bytes there, and has the recording made of them', async () => {
  const { http, result, onCreated } = await start()
  expect(onCreated).toHaveBeenCalledExactlyOnceWith('u1')
  expect(http.opened).toEqual(['PUT', PART.url])
  expect(http.headers).toEqual(PART.headers)
  expect((http.body as Blob).size).toBe(10)
  http.answer(204)
  await expect(result).resolves.toEqual(MADE)
  expect(asked).toEqual([
    ['POST /api/uploads', { profile: 'demo', fileName: 'take 4.wav', bytes: 10, contentType: 'audio/wav' }],
    ['POST /api/uploads/u1/complete', { strategy: 'instant' }],
  ])
})

it('sends each part to its own place, and none that is there already', async () => {
  const parts = [0, 1, 2].map((n) => ({
    ...PART,
    number: n + 1,
    offset: n * 4,
    bytes: n === 2 ? 2 : 4,
    url: `https://f/${n}`,
  }))
  const begun = { ...PLACE, parts: parts.map((part) => ({ ...part, received: part.number === 1 })) }
  answers['GET /api/uploads/u1'] = () => Response.json(begun)
  const sent: FakeRequest[] = []
  vi.stubGlobal(
    'XMLHttpRequest',
    class extends FakeRequest {
      override send(body: unknown) {
        super.send(body)
        sent.push(this)
      }
    },
  )
  const { onProgress, result } = await start(REQUEST, 'u1')
  expect(onProgress).toHaveBeenCalledWith(4)
  expect(sent.map(({ opened }) => opened[1])).toEqual(['https://f/1', 'https://f/2'])
  for (const http of sent) http.answer(204)
  await expect(result).resolves.toEqual(MADE)
  expect(onProgress).toHaveBeenLastCalledWith(10)
  expect(asked.map(([call]) => call)).toEqual(['GET /api/uploads/u1', 'POST /api/uploads/u1/complete'])
})

it('begins anew when the server has forgotten the upload', async () => {
  answers['GET /api/uploads/old'] = () => Response.json(problem(404, 'There is no upload.'), { status: 404 })
  const { http, onCreated, result } = await start(REQUEST, 'old')
  http.answer(204)
  await expect(result).resolves.toEqual(MADE)
  expect(onCreated).toHaveBeenCalledExactlyOnceWith('u1')
})

it('leaves the choice to the profile when no strategy is known', async () => {
  const { http, result } = await start({ ...REQUEST, strategy: '' })
  http.answer(204)
  await result
  expect(asked.at(-1)).toEqual(['POST /api/uploads/u1/complete', {}])
})

it('tells the bytes already sent', async () => {
  const { http, onProgress, result } = await start()
  http.upload.onprogress?.({ loaded: 4 })
  http.answer(204)
  await result
  expect(onProgress.mock.calls).toEqual([[0], [4], [10]])
})

it('is refused before a byte is sent', async () => {
  answers['POST /api/uploads'] = () => Response.json(problem(413, 'It is too large.'), { status: 413 })
  const listener = { onCreated: vi.fn(), onProgress: vi.fn() }
  await expect(sendRecording(REQUEST, null, listener, new AbortController().signal)).rejects.toThrow(
    new UploadRefused('It is too large.'),
  )
  expect(FakeRequest.last).toBeUndefined()
})

it('is refused in the server’s words', async () => {
  answers['POST /api/uploads/u1/complete'] = () => Response.json(problem(422, 'It is no sound.'), { status: 422 })
  const { http, result } = await start()
  http.answer(204)
  await expect(result).rejects.toThrow(new UploadRefused('It is no sound.'))
  await expect(result).rejects.toBeInstanceOf(UploadRefused)
})

it('fails, and may be tried again, when the server is in trouble', async () => {
  answers['POST /api/uploads/u1/complete'] = () => Response.json(problem(503, 'The disk is full.'), { status: 503 })
  const { http, result } = await start()
  http.answer(204)
  await expect(result).rejects.toThrow('The disk is full.')
  await expect(result).rejects.not.toBeInstanceOf(UploadRefused)
})

it('sends a part again after the connection broke, and after the server was in trouble', async () => {
  const { http, result } = await start()
  http.onerror()
  const second = await after(http)
  second.answer(502, '<html>Bad gateway</html>')
  const third = await after(second)
  third.answer(204)
  await expect(result).resolves.toEqual(MADE)
})

it('asks for a new address where one has ended', async () => {
  const later = { ...PLACE, parts: [{ ...PART, url: 'https://files.test/u1?signature=8' }] }
  answers['GET /api/uploads/u1'] = () => Response.json(later)
  const { http, result } = await start()
  http.answer(403, '<Error><Code>AccessDenied</Code></Error>')
  const second = await after(http)
  expect(second.opened[1]).toBe('https://files.test/u1?signature=8')
  second.answer(200)
  await expect(result).resolves.toEqual(MADE)
})

it('stops when it is told to', async () => {
  const { controller, result } = await start()
  controller.abort()
  await expect(result).rejects.toHaveProperty('name', 'AbortError')
})
