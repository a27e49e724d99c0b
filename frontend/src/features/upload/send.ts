import type { Uploaded } from '@/api/generated/types.gen'
import { errorText, isProblem } from '@/api/problem'
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

/**
 * Uploads one file. XMLHttpRequest, because `fetch` tells nothing of the bytes already sent.
 *
 * Rejects with an Error whose message is fit to show; with an AbortError after `signal` fired.
 */
export const sendRecording: Send = ({ file, profile, strategy }, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    const form = new FormData()
    form.set('profile', profile)
    if (strategy !== '') form.set('strategy', strategy)
    form.set('file', file, file.name)

    request.upload.onprogress = (event) => onProgress(Math.min(event.loaded, file.size))
    request.upload.onload = () => onProgress(file.size)
    request.onload = () => {
      const body = parsed(request.responseText)
      if (request.status === 201) resolve(body as Uploaded)
      else if (isProblem(body) && request.status < 500) reject(new UploadRefused(errorText(body)))
      else reject(new Error(isProblem(body) ? errorText(body) : text.badAnswer(request.status)))
    }
    request.onerror = () => reject(new Error(text.connectionLost))
    request.onabort = () => reject(new DOMException('Upload stopped', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)

    request.open('POST', '/api/recordings')
    request.setRequestHeader('Accept', 'application/json, application/problem+json')
    request.send(form)
  })
