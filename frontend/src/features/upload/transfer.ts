import type { UploadPart } from '@/api/generated/types.gen'
import { toUploadError } from './uploadErrors'

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

/** The address of a part has expired: the upload has to be asked for a new one. */
export class AddressExpired extends Error {}

/**
 * Sends a part of the file to its address. XMLHttpRequest, because `fetch` does not report the bytes already sent.
 *
 * Rejects with AddressEnded, with an Error fit to show, or with an AbortError after `signal` fired.
 */
export function putPart(
  file: Blob,
  { offset, bytes, method, url, headers }: UploadPart,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    request.upload.onprogress = (event) => onProgress(Math.min(event.loaded, bytes))
    request.onload = () => {
      if (request.status < 300) {
        onProgress(bytes)
        resolve()
      } else if (request.status === 403) reject(new AddressExpired())
      else reject(toUploadError(parseJson(request.responseText), request.status))
    }
    request.onerror = () => reject(toUploadError(new TypeError(), undefined))
    request.onabort = () => reject(signal.reason)
    request.onloadend = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)

    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.send(file.slice(offset, offset + bytes))
  })
}
