import pRetry from 'p-retry'
import { completeUpload, createUpload, getUpload } from '@/api/generated'
import type { Upload, Uploaded, UploadPart } from '@/api/generated/types.gen'
import { AddressExpired, putPart } from './transfer'
import { UploadGone, UploadRefused, unwrapAnswer } from './uploadErrors'

export interface UploadRequest {
  file: File
  profile: string
  /** Empty: the profile's own. */
  strategy: string
}

export interface SendListener {
  /** The server has this upload now; with its id it can go on later. */
  onCreated: (uploadId: string) => void
  onProgress: (sentBytes: number) => void
}

export type Send = (
  request: UploadRequest,
  uploadId: string | null,
  listener: SendListener,
  signal: AbortSignal,
) => Promise<Uploaded>

const PARTS_AT_ONCE = 3
const RETRY = { retries: 6, minTimeout: 500, maxTimeout: 10_000, randomize: true }

function contentType(file: File): string {
  const type = file.type.toLowerCase()
  return /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/.test(type) ? type : 'application/octet-stream'
}

/** Returns the upload that was begun if the server still has it, else creates one. */
async function findOrCreateUpload({ file, profile }: UploadRequest, uploadId: string | null, signal: AbortSignal) {
  if (uploadId) {
    try {
      return await unwrapAnswer(getUpload({ path: { upload_id: uploadId }, signal }))
    } catch (error) {
      if (!(error instanceof UploadGone)) throw error
    }
  }
  const body = { profile, fileName: file.name, bytes: file.size, contentType: contentType(file) }
  return unwrapAnswer(createUpload({ body, signal }))
}

/** Sends the parts of one file. */
class PartSender {
  readonly #file: File
  readonly #listener: SendListener
  readonly #sent = new Map<number, number>()
  #upload: Upload

  constructor(file: File, upload: Upload, listener: SendListener) {
    this.#file = file
    this.#upload = upload
    this.#listener = listener
    for (const { number, bytes, received } of upload.parts) this.#sent.set(number, received ? bytes : 0)
    this.#reportProgress()
  }

  /** Sends the parts that the server has not received, some at once; each is tried again while the network fails. */
  async send(signal: AbortSignal): Promise<void> {
    const left = this.#upload.parts.filter(({ received }) => !received).map(({ number }) => number)
    const failing = new AbortController()
    const either = AbortSignal.any([signal, failing.signal])
    const sendRemaining = async () => {
      for (let number = left.shift(); number !== undefined; number = left.shift())
        await this.#putWithRetries(number, either)
    }
    try {
      await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendRemaining))
    } catch (error) {
      failing.abort(error)
      throw error
    }
  }

  #putWithRetries(number: number, signal: AbortSignal): Promise<void> {
    const once = async () => {
      try {
        await putPart(
          this.#file,
          this.#findPart(number),
          (sentBytes) => this.#reportProgress(number, sentBytes),
          signal,
        )
      } catch (error) {
        if (!signal.aborted) this.#reportProgress(number, 0)
        if (!(error instanceof AddressExpired)) throw error
        this.#upload = await unwrapAnswer(getUpload({ path: { upload_id: this.#upload.id }, signal }))
        await putPart(
          this.#file,
          this.#findPart(number),
          (sentBytes) => this.#reportProgress(number, sentBytes),
          signal,
        )
      }
    }
    const final = (error: unknown) => error instanceof UploadRefused || error instanceof UploadGone
    return pRetry(once, { ...RETRY, signal, shouldRetry: ({ error }) => !final(error) })
  }

  #findPart(number: number): UploadPart {
    const part = this.#upload.parts.find((one) => one.number === number)
    if (!part) throw new UploadGone()
    return part
  }

  #reportProgress(number?: number, sentBytes = 0): void {
    if (number !== undefined) this.#sent.set(number, sentBytes)
    this.#listener.onProgress([...this.#sent.values()].reduce((sum, bytes) => sum + bytes, 0))
  }
}

/**
 * Uploads one file: asks for an address for each part, sends the parts, and has the recording made of them. uploadId: of
 * an upload that was begun with the same file; what the server has of it is not sent again.
 *
 * Rejects with an Error whose message is fit to show; with the signal's reason after it fired.
 */
export const sendRecording: Send = async (request, uploadId, listener, signal) => {
  const place = await findOrCreateUpload(request, uploadId, signal)
  listener.onCreated(place.id)
  await new PartSender(request.file, place, listener).send(signal)
  const body = request.strategy === '' ? {} : { strategy: request.strategy }
  return unwrapAnswer(completeUpload({ path: { upload_id: place.id }, body, signal }))
}
