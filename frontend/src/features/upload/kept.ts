import { createStore, del, entries, set } from 'idb-keyval'
import type { UploadRequest } from './send'

/** An upload as the browser keeps it over a reload, its file included. */
export interface KeptUpload {
  request: UploadRequest
  uploadId: string | null
  /** Stopped by the user: it goes on when they say so. */
  paused: boolean
  /** As far as this page knew; the server knows better. */
  sentBytes: number
  keptAt: number
}

/** Where uploads outlive the page. It may fail: an upload then just doesn't outlive it. */
export interface Keep {
  /** What earlier pages left, and no other page works on now. This page works on it from now on. */
  takeOver: () => Promise<[key: string, KeptUpload][]>
  put: (key: string, upload: KeptUpload) => Promise<void>
  remove: (key: string) => Promise<void>
}

/** As long as the server keeps what came. */
const LIFETIME_MS = 24 * 3600 * 1000

/** Claims an upload for as long as this page lives; false while another page has it. */
function claim(key: string): Promise<boolean> {
  // Absent outside of secure contexts, where pages can't know of each other.
  if (!navigator.locks) return Promise.resolve(true)
  return new Promise((told) => {
    void navigator.locks.request(`stemset-upload-${key}`, { ifAvailable: true }, (lock) => {
      told(lock !== null)
      return lock === null ? undefined : new Promise<void>(() => {})
    })
  })
}

/** In the browser's own database. */
export class BrowserKeep implements Keep {
  readonly #store = createStore('stemset-uploads', 'uploads')

  async takeOver(): Promise<[string, KeptUpload][]> {
    const taken: [string, KeptUpload][] = []
    for (const [key, upload] of await entries<string, KeptUpload>(this.#store)) {
      if (!(await claim(key))) continue
      if (Date.now() - upload.keptAt > LIFETIME_MS) await this.remove(key)
      else taken.push([key, upload])
    }
    return taken.sort(([, one], [, other]) => one.keptAt - other.keptAt)
  }

  async put(key: string, upload: KeptUpload): Promise<void> {
    await claim(key)
    await set(key, upload, this.#store)
  }

  remove(key: string): Promise<void> {
    return del(key, this.#store)
  }
}
