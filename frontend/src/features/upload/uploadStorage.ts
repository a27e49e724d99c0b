import { createStore, del, entries, set } from 'idb-keyval'
import type { UploadRequest } from './send'

/** An upload as the browser stores it over a reload, its file included. */
export interface StoredUpload {
  request: UploadRequest
  uploadId: string | null
  /** Stopped by the user: it goes on when they say so. */
  paused: boolean
  /** As far as this page knew; the server knows better. */
  sentBytes: number
  storedAt: number
}

/** Stores uploads so that they outlive the page. It may fail: an upload then just doesn't outlive it. */
export interface UploadStorage {
  /** Claims and returns what earlier pages left and no other page works on, the oldest first. */
  claimAll: () => Promise<[key: string, StoredUpload][]>
  put: (key: string, upload: StoredUpload) => Promise<void>
  remove: (key: string) => Promise<void>
}

/** The server keeps an unfinished upload this long. */
const LIFETIME_MS = 24 * 3600 * 1000

/** Claims an upload for as long as this page lives; false while another page has it. */
function claimUpload(key: string): Promise<boolean> {
  // Absent outside of secure contexts, where pages can't know of each other.
  if (!navigator.locks) return Promise.resolve(true)
  return new Promise((resolve) => {
    void navigator.locks.request(`stemset-upload-${key}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise<void>(() => {})
    })
  })
}

/** Stores uploads in IndexedDB. */
export class BrowserUploadStorage implements UploadStorage {
  readonly #store = createStore('stemset-uploads', 'uploads')

  async claimAll(): Promise<[string, StoredUpload][]> {
    const claimed: [string, StoredUpload][] = []
    for (const [key, upload] of await entries<string, StoredUpload>(this.#store)) {
      if (!(await claimUpload(key))) continue
      if (Date.now() - upload.storedAt > LIFETIME_MS) await this.remove(key)
      else claimed.push([key, upload])
    }
    return claimed.sort(([, one], [, other]) => one.storedAt - other.storedAt)
  }

  async put(key: string, upload: StoredUpload): Promise<void> {
    await claimUpload(key)
    await set(key, upload, this.#store)
  }

  remove(key: string): Promise<void> {
    return del(key, this.#store)
  }
}
