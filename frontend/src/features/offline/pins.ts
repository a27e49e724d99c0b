import type { PlayerData, Track } from '@/api/generated'

/** A recording that is kept on this device. */
export interface Pin {
  readonly jobId: string
  readonly recordingId: string
  readonly profile: string
  readonly title: string
  readonly strategy: string
  readonly bytes: number
}

const CACHE = 'pins'
const LIST = '/offline/pins.json'

export function canPin(): boolean {
  return 'caches' in globalThis && 'serviceWorker' in navigator
}

/** Everything that the player of this job asks for. Stems come last: they are the large part. */
export function filesOf(data: PlayerData): string[] {
  const { recordingId, jobId, profile, stems, mixture } = data
  const answers = [
    '/api/config',
    '/api/profiles',
    '/api/strategies',
    `/api/recordings/${recordingId}`,
    `/api/recordings/${recordingId}/mix`,
    `/api/recordings/${recordingId}/player`,
    `/api/recordings/${recordingId}/player?job=${jobId}`,
    `/api/jobs/${jobId}`,
    `/api/jobs?recording=${recordingId}&limit=20&offset=0`,
    `/api/recordings?profile=${profile}&limit=50&offset=0`,
  ]
  const parts = (track: Track) => [track.indexUrl, ...track.peaks.map(({ url }) => url)]
  return [...answers, ...[...stems, mixture].flatMap(parts), ...stems.map(({ url }) => url)]
}

export function bytesOf({ stems }: PlayerData): number {
  return stems.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** The pins of this device. They change only through `add`, `remove` and `clear`. */
export class Pins {
  readonly #listeners = new Set<() => void>()
  #list: readonly Pin[] = []

  readonly list = (): readonly Pin[] => this.#list

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async read(): Promise<void> {
    if (!canPin()) return
    const kept = await (await caches.open(CACHE)).match(LIST)
    this.#become(kept ? await kept.json() : [])
  }

  /** Fetches what the job's player needs. Takes nothing when something can't be had. */
  async add(data: PlayerData, progress: (fraction: number) => void, signal: AbortSignal): Promise<void> {
    const cache = await caches.open(CACHE)
    const files = filesOf(data)
    const put: string[] = []
    try {
      for (const [index, url] of files.entries()) {
        const response = await fetch(url, { signal })
        // What only lists and describes may be missing; a stem may not.
        if (!response.ok && index >= files.length - data.stems.length) throw new Error(`${url}: ${response.status}`)
        if (response.ok) {
          await cache.put(url, response)
          put.push(url)
        }
        progress((index + 1) / files.length)
      }
    } catch (error) {
      await Promise.all(put.filter((url) => url.includes(data.jobId)).map((url) => cache.delete(url)))
      throw error
    }
    void navigator.storage?.persist?.()
    const { jobId, recordingId, profile, title, strategy } = data
    const pin = { jobId, recordingId, profile, title, strategy, bytes: bytesOf(data) }
    await this.#store([...this.#list.filter((other) => other.jobId !== jobId), pin])
  }

  async remove(pin: Pin): Promise<void> {
    const cache = await caches.open(CACHE)
    const mine = ({ url }: Request) => url.includes(pin.jobId) || url.includes(pin.recordingId)
    for (const request of await cache.keys()) if (mine(request)) await cache.delete(request)
    await this.#store(this.#list.filter(({ jobId }) => jobId !== pin.jobId))
  }

  /** Removes all of them, so that nothing is left for whoever uses this browser next. */
  async clear(): Promise<void> {
    if (!canPin()) return
    await caches.delete(CACHE)
    this.#become([])
  }

  async #store(list: readonly Pin[]): Promise<void> {
    await (await caches.open(CACHE)).put(LIST, Response.json(list))
    this.#become(list)
  }

  #become(list: readonly Pin[]): void {
    this.#list = list
    for (const listener of this.#listeners) listener()
  }
}

export const pins = new Pins()
