import type { Limits, Recording, Uploaded } from '@/api/generated/types.gen'
import { type Send, sendRecording, UploadRefused, type UploadRequest } from './send'
import { text } from './text'

/**
 * waiting: for a free line. sending: bytes go out. checking: all sent, no answer yet. refused: can't be taken.
 * known: the profile had this song already, as `recording`.
 */
export type UploadState = 'waiting' | 'sending' | 'checking' | 'failed' | 'refused' | 'known'

export interface Upload {
  id: number
  request: UploadRequest
  state: UploadState
  sentBytes: number
  message: string | null
  recording: Recording | null
}

const AT_ONCE = 2
const UNDER_WAY: ReadonlySet<UploadState> = new Set(['waiting', 'sending', 'checking'])

/** Why this file can't be uploaded, in words; null when it can. The server checks again, by decoding. */
export function refusal(file: File, limits: Limits | undefined): string | null {
  if (file.size === 0) return text.empty(file.name)
  if (limits && file.size > limits.maxBytes) return text.tooLarge(file.name, file.size, limits.maxBytes)
  return null
}

/**
 * The uploads under way, two at a time, in the order they came. It lives beside React, so that an upload goes on
 * while the user opens another page. A finished upload leaves the list: the recording takes its place. One whose song
 * was there already stays, to say so.
 */
export class Uploads {
  readonly #send: Send
  readonly #listeners = new Set<() => void>()
  readonly #controllers = new Map<number, AbortController>()
  #items: readonly Upload[] = []
  #nextId = 1

  /** Called with each upload that the server accepted. */
  onUploaded: (uploaded: Uploaded) => void = () => {}

  constructor(send: Send = sendRecording) {
    this.#send = send
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): readonly Upload[] => this.#items

  /** True while bytes of some file have not arrived. */
  get busy(): boolean {
    return this.#items.some(({ state }) => UNDER_WAY.has(state))
  }

  add(files: Iterable<File>, profile: string, strategy: string, limits: Limits | undefined): void {
    const added = Array.from(files, (file): Upload => {
      const message = refusal(file, limits)
      const request = { file, profile, strategy }
      return {
        id: this.#nextId++,
        request,
        state: message ? 'refused' : 'waiting',
        sentBytes: 0,
        message,
        recording: null,
      }
    })
    this.#replace([...this.#items, ...added])
    this.#pump()
  }

  /** Stops an upload, or removes the message of one that ended badly. */
  remove(id: number): void {
    this.#controllers.get(id)?.abort()
    this.#replace(this.#items.filter((upload) => upload.id !== id))
    this.#pump()
  }

  /** Removes every message of an upload that is over, in one profile. */
  clear(profile: string): void {
    const over = ({ state, request }: Upload) => request.profile === profile && !UNDER_WAY.has(state)
    this.#replace(this.#items.filter((upload) => !over(upload)))
  }

  retry(id: number): void {
    this.#change(id, { state: 'waiting', sentBytes: 0, message: null })
    this.#pump()
  }

  #pump(): void {
    const free = AT_ONCE - this.#controllers.size
    for (const upload of this.#items.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, free))) {
      void this.#run(upload)
    }
  }

  async #run({ id, request }: Upload): Promise<void> {
    const controller = new AbortController()
    this.#controllers.set(id, controller)
    this.#change(id, { state: 'sending' })
    const progress = (sentBytes: number) =>
      this.#change(id, { sentBytes, state: sentBytes >= request.file.size ? 'checking' : 'sending' })
    try {
      const uploaded = await this.#send(request, progress, controller.signal)
      if (uploaded.known) this.#change(id, { state: 'known', recording: uploaded.recording })
      else this.#replace(this.#items.filter((upload) => upload.id !== id))
      this.onUploaded(uploaded)
    } catch (error) {
      // A stopped upload has left the list already, so this change finds nothing.
      const state = error instanceof UploadRefused ? 'refused' : 'failed'
      this.#change(id, { state, message: error instanceof Error ? error.message : text.failed })
    } finally {
      this.#controllers.delete(id)
      this.#pump()
    }
  }

  #change(id: number, change: Partial<Upload>): void {
    this.#replace(this.#items.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)))
  }

  #replace(items: readonly Upload[]): void {
    this.#items = items
    for (const listener of this.#listeners) listener()
  }
}
