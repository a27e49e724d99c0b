import pRetry from 'p-retry'
import { completeUpload, createUpload, getUpload } from '@/api/generated'
import type { Upload as Place, Uploaded, UploadPart } from '@/api/generated/types.gen'
import { AddressEnded, putPart } from './transfer'
import { answer, UploadGone, UploadRefused } from './trouble'

export interface UploadRequest {
  file: File
  profile: string
  /** Empty: the profile's own. */
  strategy: string
}

export interface SendListener {
  /** The server knows the upload by this id now: with it, it can go on later. */
  placed: (uploadId: string) => void
  progress: (sentBytes: number) => void
}

export type Send = (
  request: UploadRequest,
  uploadId: string | null,
  listener: SendListener,
  signal: AbortSignal,
) => Promise<Uploaded>

const PARTS_AT_ONCE = 3
const PATIENCE = { retries: 6, minTimeout: 500, maxTimeout: 10_000, randomize: true }

function contentType(file: File): string {
  const type = file.type.toLowerCase()
  return /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/.test(type) ? type : 'application/octet-stream'
}

/** The upload that was begun, else a new one. */
async function placeFor({ file, profile }: UploadRequest, uploadId: string | null, signal: AbortSignal) {
  if (uploadId) {
    try {
      return await answer(getUpload({ path: { upload_id: uploadId }, signal }))
    } catch (error) {
      if (!(error instanceof UploadGone)) throw error
    }
  }
  const body = { profile, fileName: file.name, bytes: file.size, contentType: contentType(file) }
  return answer(createUpload({ body, signal }))
}

class Parts {
  readonly #file: File
  readonly #listener: SendListener
  readonly #sent = new Map<number, number>()
  #place: Place

  constructor(file: File, place: Place, listener: SendListener) {
    this.#file = file
    this.#place = place
    this.#listener = listener
    for (const { number, bytes, received } of place.parts) this.#sent.set(number, received ? bytes : 0)
    this.#tell()
  }

  /** Puts what the server has not, some parts at once; each is tried again while the line is bad. */
  async send(signal: AbortSignal): Promise<void> {
    const left = this.#place.parts.filter(({ received }) => !received).map(({ number }) => number)
    const failing = new AbortController()
    const either = AbortSignal.any([signal, failing.signal])
    const line = async () => {
      for (let number = left.shift(); number !== undefined; number = left.shift()) await this.#put(number, either)
    }
    try {
      await Promise.all(Array.from({ length: PARTS_AT_ONCE }, line))
    } catch (error) {
      failing.abort(error)
      throw error
    }
  }

  #put(number: number, signal: AbortSignal): Promise<void> {
    const once = async () => {
      try {
        await putPart(this.#file, this.#part(number), (sentBytes) => this.#tell(number, sentBytes), signal)
      } catch (error) {
        if (!signal.aborted) this.#tell(number, 0)
        if (!(error instanceof AddressEnded)) throw error
        this.#place = await answer(getUpload({ path: { upload_id: this.#place.id }, signal }))
        await putPart(this.#file, this.#part(number), (sentBytes) => this.#tell(number, sentBytes), signal)
      }
    }
    const final = (error: unknown) => error instanceof UploadRefused || error instanceof UploadGone
    return pRetry(once, { ...PATIENCE, signal, shouldRetry: ({ error }) => !final(error) })
  }

  #part(number: number): UploadPart {
    const part = this.#place.parts.find((one) => one.number === number)
    if (!part) throw new UploadGone()
    return part
  }

  #tell(number?: number, sentBytes = 0): void {
    if (number !== undefined) this.#sent.set(number, sentBytes)
    this.#listener.progress([...this.#sent.values()].reduce((sum, bytes) => sum + bytes, 0))
  }
}

/**
 * Uploads one file: asks for places, puts each part to its own, has the recording made of them. uploadId: of an upload
 * that was begun with the same file; what the server has of it is not sent again.
 *
 * Rejects with an Error whose message is fit to show; with the signal's reason after it fired.
 */
export const sendRecording: Send = async (request, uploadId, listener, signal) => {
  const place = await placeFor(request, uploadId, signal)
  listener.placed(place.id)
  await new Parts(request.file, place, listener).send(signal)
  const body = request.strategy === '' ? {} : { strategy: request.strategy }
  return answer(completeUpload({ path: { upload_id: place.id }, body, signal }))
}
