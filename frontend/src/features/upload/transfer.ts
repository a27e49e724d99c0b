import type { UploadPart } from '@/api/generated/types.gen'
import { trouble } from './trouble'

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

/** The address of a part has ended: the upload has to be asked for a new one. */
export class AddressEnded extends Error {}

/**
 * Puts a part to its place. XMLHttpRequest, because `fetch` tells nothing of the bytes already sent.
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
      } else if (request.status === 403) reject(new AddressEnded())
      else reject(trouble(parsed(request.responseText), request.status))
    }
    request.onerror = () => reject(trouble(new TypeError(), undefined))
    request.onabort = () => reject(signal.reason)
    request.onloadend = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)

    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.send(file.slice(offset, offset + bytes))
  })
}
