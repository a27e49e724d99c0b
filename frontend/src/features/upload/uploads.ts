import { abandonUpload } from '@/api/generated'
import type { Limits, Recording, Uploaded } from '@/api/generated/types.gen'
import { type Send, sendRecording, type UploadRequest } from './send'
import { text } from './text'
import { UploadRefused } from './uploadErrors'
import type { UploadStorage } from './uploadStorage'

/**
 * waiting: for a free slot. sending: bytes go out. paused: by the user. checking: all sent, no answer yet. refused:
 * can't be taken. known: the profile had this song already, as `recording`.
 */
export type UploadState = 'waiting' | 'sending' | 'paused' | 'checking' | 'failed' | 'refused' | 'known'

export interface Upload {
  id: number
  request: UploadRequest
  state: UploadState
  sentBytes: number
  message: string | null
  recording: Recording | null
  /** It was begun by a page that is closed now. */
  resumed: boolean
}

/** What the list doesn't show of an upload. key: under which it is stored. */
interface Slot {
  key: string
  uploadId: string | null
  stored: boolean
  controller: AbortController | null
}

const MAX_SENDING = 2
const UNDER_WAY: ReadonlySet<UploadState> = new Set(['waiting', 'sending', 'checking'])
const OVER: ReadonlySet<UploadState> = new Set(['failed', 'refused', 'known'])

/** Says why this file can't be uploaded; null when it can. The server checks again, by decoding. */
export function describeRefusal(file: File, limits: Limits | undefined): string | null {
  if (file.size === 0) return text.empty(file.name)
  if (limits && file.size > limits.maxBytes) return text.tooLarge(file.name, file.size, limits.maxBytes)
  return null
}

/** crypto.randomUUID is absent outside of secure contexts. */
function createKey(): string {
  return `${Date.now()}-${Math.random()}`
}

/**
 * The uploads under way, two at a time, in the order they came. It lives beside React, so that an upload goes on
 * while the user opens another page; with a `storage`, it outlives the page. A finished upload leaves the list: the
 * recording takes its place. One whose song was there already stays, to say so.
 */
export class Uploads {
  readonly #send: Send
  readonly #storage: UploadStorage | null
  readonly #listeners = new Set<() => void>()
  readonly #slots = new Map<number, Slot>()
  #items: readonly Upload[] = []
  #nextId = 1

  /** Called with each upload that the server accepted. */
  onUploaded: (uploaded: Uploaded) => void = () => {}

  constructor(send: Send = sendRecording, storage: UploadStorage | null = null) {
    this.#send = send
    this.#storage = storage
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): readonly Upload[] => this.#items

  /** True while a file has not arrived that would be lost with the page. */
  get busy(): boolean {
    return this.#items.some(({ id, state }) => UNDER_WAY.has(state) && !this.#slots.get(id)?.stored)
  }

  /** Goes on with what earlier pages left. */
  async resume(): Promise<void> {
    const left = await this.#storage?.claimAll().catch(() => [])
    for (const [key, { request, uploadId, paused, sentBytes }] of left ?? []) {
      const upload = this.#add(request, paused ? 'paused' : 'waiting', { sentBytes, resumed: true })
      this.#slots.set(upload.id, { key, uploadId, stored: true, controller: null })
    }
    this.#sendWaiting()
  }

  add(files: Iterable<File>, profile: string, strategy: string, limits: Limits | undefined): void {
    for (const file of files) {
      const message = describeRefusal(file, limits)
      const upload = this.#add({ file, profile, strategy }, message ? 'refused' : 'waiting', { message })
      this.#slots.set(upload.id, { key: createKey(), uploadId: null, stored: false, controller: null })
      if (!message) void this.#store(upload)
    }
    this.#sendWaiting()
  }

  /** Stops an upload for good, or removes the message of one that ended badly. */
  remove(id: number): void {
    const slot = this.#slots.get(id)
    const upload = this.#items.find((one) => one.id === id)
    this.#forget(id)
    slot?.controller?.abort()
    // Whatever comes of it: the server sweeps forgotten uploads by itself.
    if (slot?.uploadId && upload && upload.state !== 'known')
      void abandonUpload({ path: { upload_id: slot.uploadId } }).catch(() => {})
    this.#sendWaiting()
  }

  /** Removes every message of an upload that is over, in one profile. */
  clear(profile: string): void {
    for (const { id, state, request } of this.#items)
      if (request.profile === profile && OVER.has(state)) this.remove(id)
  }

  pause(id: number): void {
    this.#change(id, { state: 'paused' })
    this.#slots.get(id)?.controller?.abort()
    this.#storeById(id)
    this.#sendWaiting()
  }

  /** Goes on with a paused upload, or tries a failed one again: what the server has is not sent again. */
  retry(id: number): void {
    this.#change(id, { state: 'waiting', message: null })
    this.#storeById(id)
    this.#sendWaiting()
  }

  #add(request: UploadRequest, state: UploadState, more: Partial<Upload>): Upload {
    const blank = { sentBytes: 0, message: null, recording: null, resumed: false }
    const upload = { ...blank, id: this.#nextId++, request, state, ...more }
    this.#replace([...this.#items, upload])
    return upload
  }

  #sendWaiting(): void {
    const sending = [...this.#slots.values()].filter(({ controller }) => controller).length
    const waiting = this.#items.filter(({ id, state }) => state === 'waiting' && !this.#slots.get(id)?.controller)
    for (const upload of waiting.slice(0, Math.max(0, MAX_SENDING - sending))) void this.#sendOne(upload)
  }

  async #sendOne({ id, request }: Upload): Promise<void> {
    const slot = this.#slots.get(id)
    if (!slot) return
    const controller = new AbortController()
    slot.controller = controller
    this.#change(id, { state: 'sending' })
    const onProgress = (sentBytes: number) => {
      if (!controller.signal.aborted)
        this.#change(id, { sentBytes, state: sentBytes >= request.file.size ? 'checking' : 'sending' })
    }
    const onCreated = (uploadId: string) => {
      slot.uploadId = uploadId
      this.#storeById(id)
    }
    try {
      const uploaded = await this.#send(request, slot.uploadId, { onCreated, onProgress }, controller.signal)
      if (uploaded.known) this.#change(id, { state: 'known', recording: uploaded.recording })
      else this.#forget(id)
      void this.#removeStored(slot)
      this.onUploaded(uploaded)
    } catch (error) {
      // A paused or removed upload is in its state already.
      if (!controller.signal.aborted) this.#fail(id, slot, error)
    } finally {
      slot.controller = null
      this.#sendWaiting()
    }
  }

  #fail(id: number, slot: Slot, error: unknown): void {
    const refused = error instanceof UploadRefused
    if (refused) {
      slot.uploadId = null
      void this.#removeStored(slot)
    }
    const message = error instanceof Error && error.message ? error.message : text.failed
    this.#change(id, { state: refused ? 'refused' : 'failed', message })
  }

  #forget(id: number): void {
    const slot = this.#slots.get(id)
    this.#slots.delete(id)
    this.#replace(this.#items.filter((upload) => upload.id !== id))
    if (slot) void this.#removeStored(slot)
  }

  #storeById(id: number): void {
    const upload = this.#items.find((one) => one.id === id)
    if (upload) void this.#store(upload)
  }

  async #store({ id, request, state, sentBytes }: Upload): Promise<void> {
    const slot = this.#slots.get(id)
    if (!slot || !this.#storage) return
    try {
      const { key, uploadId } = slot
      await this.#storage.put(key, { request, uploadId, paused: state === 'paused', sentBytes, storedAt: Date.now() })
      slot.stored = true
      // It may have ended while it was written.
      if (!this.#slots.has(id)) await this.#storage.remove(key)
    } catch {
      slot.stored = false
    }
  }

  async #removeStored(slot: Slot): Promise<void> {
    await this.#storage?.remove(slot.key).catch(() => {})
  }

  #change(id: number, change: Partial<Upload>): void {
    this.#replace(this.#items.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)))
  }

  #replace(items: readonly Upload[]): void {
    this.#items = items
    for (const listener of this.#listeners) listener()
  }
}
