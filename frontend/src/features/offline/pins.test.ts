import { beforeEach, expect, it, vi } from 'vitest'
import type { PlayerData } from '@/api/generated'
import { aPlayer, aTrack } from '@/testing/playerData'
import { filesOf, Pins } from './pins'

const never = new AbortController().signal
const first = playerOf('job-1')
const second = playerOf('job-2')
let store: Map<string, Map<string, Response>>

function playerOf(jobId: string): PlayerData {
  const data = aPlayer({ stems: [aTrack('drums'), aTrack('other')] })
  return JSON.parse(JSON.stringify(data).replaceAll('job-1', jobId))
}

/** Cache Storage in memory, as far as pins use it. */
function memoryCaches() {
  const key = (request: Request | string) => (typeof request === 'string' ? request : request.url)
  const open = async (name: string) => {
    const held = store.get(name) ?? new Map<string, Response>()
    store.set(name, held)
    return {
      match: async (request: string) => held.get(request)?.clone(),
      put: async (request: string, response: Response) => void held.set(request, response),
      delete: async (request: Request) => held.delete(key(request)),
      keys: async () => [...held.keys()].map((url) => ({ url })),
    }
  }
  return { open, delete: async (name: string) => store.delete(name) }
}

const kept = () => [...(store.get('pins')?.keys() ?? [])]

beforeEach(() => {
  store = new Map()
  vi.stubGlobal('caches', memoryCaches())
  vi.stubGlobal('navigator', { serviceWorker: {} })
  vi.stubGlobal('fetch', async () => new Response('sound'))
})

it('keeps all that a player asks for, and finds it again', async () => {
  await new Pins().add(first, () => {}, never)
  expect(kept()).toEqual([...filesOf(first), '/offline/pins.json'])
  const later = new Pins()
  await later.read()
  expect(later.list()).toMatchObject([{ jobId: 'job-1', bytes: 2000 }])
})

it('keeps nothing of a recording whose stems can not all be had', async () => {
  const pins = new Pins()
  vi.stubGlobal('fetch', async (url: string) => new Response('', { status: url.includes('other.flac') ? 404 : 200 }))
  await expect(pins.add(first, () => {}, never)).rejects.toThrow(/other\.flac.*: 404/)
  expect(pins.list()).toEqual([])
  expect(kept().filter((url) => url.includes('job-1') || url.includes('recording-1'))).toEqual([])
})

it('leaves what another job of the recording needs, when one is removed', async () => {
  const pins = new Pins()
  await pins.add(first, () => {}, never)
  await pins.add(second, () => {}, never)
  const [pin] = pins.list()
  if (!pin) throw new Error('nothing was kept')
  await pins.remove(pin)
  expect(pins.list()).toMatchObject([{ jobId: 'job-2' }])
  expect(kept()).toEqual(expect.arrayContaining(filesOf(second)))
  expect(kept().filter((url) => url.includes('job-1'))).toEqual([])
})

it('ends what is just being kept, when all are removed', async () => {
  const pins = new Pins()
  await pins.add(first, () => {}, never)
  const asked = vi.fn((_url: string, { signal }: { signal: AbortSignal }) => {
    return new Promise<Response>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  })
  vi.stubGlobal('fetch', asked)
  const adding = pins.add(second, () => {}, never)
  await vi.waitFor(() => expect(asked).toHaveBeenCalled())
  await pins.clear()
  await expect(adding).rejects.toThrow('aborted')
  expect(pins.list()).toEqual([])
  expect(kept()).toEqual([])
})
