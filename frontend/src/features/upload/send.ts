import { abandonUpload, completeUpload, createUpload } from '@/api/generated'
import type { Uploaded, UploadPart } from '@/api/generated/types.gen'
import { errorText, isProblem, isUnreachable } from '@/api/problem'
import { text } from './text'

export interface UploadRequest {
  file: File
  profile: string
  /** Empty: the profile's own. */
  strategy: string
}

/** The server read the request and said no: the same file would be refused again. */
export class UploadRefused extends Error {}

export type Send = (
  request: UploadRequest,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
) => Promise<Uploaded>

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

/** What a call came to nothing for, as an Error fit to show. */
function trouble(error: unknown, status: number | undefined): Error {
  if (error instanceof Error && !isUnreachable(error)) return error
  if (isUnreachable(error)) return new Error(text.connectionLost)
  if (isProblem(error)) return (status ?? 500) < 500 ? new UploadRefused(errorText(error)) : new Error(errorText(error))
  return new Error(text.badAnswer(status ?? 0))
}

async function answer<T>(call: Promise<{ data?: T; error?: unknown; response?: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (data === undefined) throw trouble(error, response?.status)
  return data
}

/** Puts a part to its place. XMLHttpRequest, because `fetch` tells nothing of the bytes already sent. */
function put(
  content: Blob,
  part: UploadPart,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    request.upload.onprogress = (event) => onProgress(Math.min(event.loaded, content.size))
    request.upload.onload = () => onProgress(content.size)
    request.onload = () => {
      if (request.status < 300) resolve()
      else reject(trouble(parsed(request.responseText), request.status))
    }
    request.onerror = () => reject(new Error(text.connectionLost))
    request.onabort = () => reject(new DOMException('Upload stopped', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)

    request.open(part.method, part.url)
    for (const [name, value] of Object.entries(part.headers)) request.setRequestHeader(name, value)
    request.send(content)
  })
}

/**
 * Uploads one file in three steps: asks for places, puts each part to its own, has the recording made of them.
 *
 * Rejects with an Error whose message is fit to show; with an AbortError after `signal` fired. Either way the place
 * is given back.
 */
export const sendRecording: Send = async ({ file, profile, strategy }, onProgress, signal) => {
  const body = { profile, fileName: file.name, bytes: file.size }
  const upload = await answer(createUpload({ body, signal }))
  const path = { upload_id: upload.id }
  try {
    for (const part of upload.parts) {
      const content = file.slice(part.offset, part.offset + part.bytes)
      await put(content, part, (sentBytes) => onProgress(part.offset + sentBytes), signal)
    }
    return await answer(completeUpload({ path, body: strategy === '' ? {} : { strategy }, signal }))
  } catch (error) {
    // Whatever comes of it: the server sweeps forgotten places by itself.
    void abandonUpload({ path })
    throw error
  }
}
