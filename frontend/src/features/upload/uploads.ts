import { abandonUpload } from '@/api/generated'
import type { Limits, Recording, Uploaded } from '@/api/generated/types.gen'
import type { Keep } from './kept'
import { type Send, sendRecording, type UploadRequest } from './send'
import { text } from './text'
import { UploadRefused } from './trouble'

/**
 * waiting: for a free line. sending: bytes go out. paused: by the user. checking: all sent, no answer yet. refused:
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

/** What the list doesn't show. key: under which it is kept. */
interface Line {
  key: string
  uploadId: string | null
  kept: boolean
  controller: AbortController | null
}

const AT_ONCE = 2
const UNDER_WAY: ReadonlySet<UploadState> = new Set(['waiting', 'sending', 'checking'])
const OVER: ReadonlySet<UploadState> = new Set(['failed', 'refused', 'known'])

/** Why this file can't be uploaded, in words; null when it can. The server checks again, by decoding. */
export function refusal(file: File, limits: Limits | undefined): string | null {
  if (file.size === 0) return text.empty(file.name)
  if (limits && file.size > limits.maxBytes) return text.tooLarge(file.name, file.size, limits.maxBytes)
  return null
}

/** crypto.randomUUID is absent outside of secure contexts. */
function newKey(): string {
  return `${Date.now()}-${Math.random()}`
}

/**
 * The uploads under way, two at a time, in the order they came. It lives beside React, so that an upload goes on
 * while the user opens another page; with a `keep`, it outlives the page. A finished upload leaves the list: the
 * recording takes its place. One whose song was there already stays, to say so.
 */
export class Uploads {
  readonly #send: Send
  readonly #keep: Keep | null
  readonly #listeners = new Set<() => void>()
  readonly #lines = new Map<number, Line>()
  #items: readonly Upload[] = []
  #nextId = 1

  /** Called with each upload that the server accepted. */
  onUploaded: (uploaded: Uploaded) => void = () => {}

  constructor(send: Send = sendRecording, keep: Keep | null = null) {
    this.#send = send
    this.#keep = keep
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): readonly Upload[] => this.#items

  /** True while a file has not arrived that would be lost with the page. */
  get busy(): boolean {
    return this.#items.some(({ id, state }) => UNDER_WAY.has(state) && !this.#lines.get(id)?.kept)
  }

  /** Goes on with what earlier pages left. */
  async resume(): Promise<void> {
    const left = await this.#keep?.takeOver().catch(() => [])
    for (const [key, { request, uploadId, paused, sentBytes }] of left ?? []) {
      const upload = this.#add(request, paused ? 'paused' : 'waiting', { sentBytes, resumed: true })
      this.#lines.set(upload.id, { key, uploadId, kept: true, controller: null })
    }
    this.#pump()
  }

  add(files: Iterable<File>, profile: string, strategy: string, limits: Limits | undefined): void {
    for (const file of files) {
      const message = refusal(file, limits)
      const upload = this.#add({ file, profile, strategy }, message ? 'refused' : 'waiting', { message })
      this.#lines.set(upload.id, { key: newKey(), uploadId: null, kept: false, controller: null })
      if (!message) void this.#save(upload)
    }
    this.#pump()
  }

  /** Stops an upload for good, or removes the message of one that ended badly. */
  remove(id: number): void {
    const line = this.#lines.get(id)
    const upload = this.#items.find((one) => one.id === id)
    this.#forget(id)
    line?.controller?.abort()
    // Whatever comes of it: the server sweeps forgotten uploads by itself.
    if (line?.uploadId && upload && upload.state !== 'known')
      void abandonUpload({ path: { upload_id: line.uploadId } }).catch(() => {})
    this.#pump()
  }

  /** Removes every message of an upload that is over, in one profile. */
  clear(profile: string): void {
    for (const { id, state, request } of this.#items)
      if (request.profile === profile && OVER.has(state)) this.remove(id)
  }

  pause(id: number): void {
    this.#change(id, { state: 'paused' })
    this.#lines.get(id)?.controller?.abort()
    this.#saveId(id)
    this.#pump()
  }

  /** Goes on with a paused upload, or tries a failed one again: what the server has is not sent again. */
  retry(id: number): void {
    this.#change(id, { state: 'waiting', message: null })
    this.#saveId(id)
    this.#pump()
  }

  #add(request: UploadRequest, state: UploadState, more: Partial<Upload>): Upload {
    const blank = { sentBytes: 0, message: null, recording: null, resumed: false }
    const upload = { ...blank, id: this.#nextId++, request, state, ...more }
    this.#replace([...this.#items, upload])
    return upload
  }

  #pump(): void {
    const sending = [...this.#lines.values()].filter(({ controller }) => controller).length
    const waiting = this.#items.filter(({ id, state }) => state === 'waiting' && !this.#lines.get(id)?.controller)
    for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - sending))) void this.#run(upload)
  }

  async #run({ id, request }: Upload): Promise<void> {
    const line = this.#lines.get(id)
    if (!line) return
    const controller = new AbortController()
    line.controller = controller
    this.#change(id, { state: 'sending' })
    const progress = (sentBytes: number) => {
      if (!controller.signal.aborted)
        this.#change(id, { sentBytes, state: sentBytes >= request.file.size ? 'checking' : 'sending' })
    }
    const placed = (uploadId: string) => {
      line.uploadId = uploadId
      this.#saveId(id)
    }
    try {
      const uploaded = await this.#send(request, line.uploadId, { placed, progress }, controller.signal)
      if (uploaded.known) this.#change(id, { state: 'known', recording: uploaded.recording })
      else this.#forget(id)
      void this.#unkeep(line)
      this.onUploaded(uploaded)
    } catch (error) {
      // A paused or removed upload is in its state already.
      if (!controller.signal.aborted) this.#fail(id, line, error)
    } finally {
      line.controller = null
      this.#pump()
    }
  }

  #fail(id: number, line: Line, error: unknown): void {
    const refused = error instanceof UploadRefused
    if (refused) {
      line.uploadId = null
      void this.#unkeep(line)
    }
    const message = error instanceof Error && error.message ? error.message : text.failed
    this.#change(id, { state: refused ? 'refused' : 'failed', message })
  }

  #forget(id: number): void {
    const line = this.#lines.get(id)
    this.#lines.delete(id)
    this.#replace(this.#items.filter((upload) => upload.id !== id))
    if (line) void this.#unkeep(line)
  }

  #saveId(id: number): void {
    const upload = this.#items.find((one) => one.id === id)
    if (upload) void this.#save(upload)
  }

  async #save({ id, request, state, sentBytes }: Upload): Promise<void> {
    const line = this.#lines.get(id)
    if (!line || !this.#keep) return
    try {
      const { key, uploadId } = line
      await this.#keep.put(key, { request, uploadId, paused: state === 'paused', sentBytes, keptAt: Date.now() })
      line.kept = true
      // It may have ended while it was written.
      if (!this.#lines.has(id)) await this.#keep.remove(key)
    } catch {
      line.kept = false
    }
  }

  async #unkeep(line: Line): Promise<void> {
    await this.#keep?.remove(line.key).catch(() => {})
  }

  #change(id: number, change: Partial<Upload>): void {
    this.#replace(this.#items.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)))
  }

  #replace(items: readonly Upload[]): void {
    this.#items = items
    for (const listener of this.#listeners) listener()
  }
}
