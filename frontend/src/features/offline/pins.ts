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
  #clearing = new AbortController()

  readonly list = (): readonly Pin[] => this.#list

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async read(): Promise<void> {
    if (!canPin()) return
    const kept = await (await caches.open(CACHE)).match(LIST)
    this.#setList(kept ? await kept.json() : [])
  }

  /** Fetches what the job's player needs. Takes nothing when something can't be had, or when it is cleared meanwhile. */
  async add(data: PlayerData, progress: (fraction: number) => void, cancel: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([cancel, this.#clearing.signal])
    const cache = await caches.open(CACHE)
    const files = filesOf(data)
    const { jobId, recordingId, profile, title, strategy } = data
    const pin = { jobId, recordingId, profile, title, strategy, bytes: bytesOf(data) }
    try {
      for (const [index, url] of files.entries()) {
        const response = await fetch(url, { signal })
        // What only lists and describes may be missing; a stem may not.
        if (!response.ok && index >= files.length - data.stems.length) throw new Error(`${url}: ${response.status}`)
        if (response.ok) await cache.put(url, response)
        signal.throwIfAborted()
        progress((index + 1) / files.length)
      }
    } catch (error) {
      if (!this.#list.some((kept) => kept.jobId === jobId)) await this.#deleteFiles(cache, pin)
      throw error
    }
    void navigator.storage?.persist?.()
    await this.#store([...this.#list.filter((other) => other.jobId !== jobId), pin])
  }

  async remove(pin: Pin): Promise<void> {
    await this.#deleteFiles(await caches.open(CACHE), pin)
    await this.#store(this.#list.filter(({ jobId }) => jobId !== pin.jobId))
  }

  /** Removes all of them, so that nothing is left for whoever uses this browser next. */
  async clear(): Promise<void> {
    this.#clearing.abort()
    this.#clearing = new AbortController()
    if (!canPin()) return
    await caches.delete(CACHE)
    this.#setList([])
  }

  /** Deletes the files of a pin, but for those that another pin of the same recording needs, too. */
  async #deleteFiles(cache: Cache, { jobId, recordingId }: Pin): Promise<void> {
    const shared = this.#list.some((other) => other.recordingId === recordingId && other.jobId !== jobId)
    const mine = ({ url }: Request) => url.includes(jobId) || (!shared && url.includes(recordingId))
    for (const request of await cache.keys()) if (mine(request)) await cache.delete(request)
  }

  async #store(list: readonly Pin[]): Promise<void> {
    await (await caches.open(CACHE)).put(LIST, Response.json(list))
    this.#setList(list)
  }

  #setList(list: readonly Pin[]): void {
    this.#list = list
    for (const listener of this.#listeners) listener()
  }
}

export const pins = new Pins()
