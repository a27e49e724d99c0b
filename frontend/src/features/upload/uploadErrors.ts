import { errorText, isProblem, isUnreachable } from '@/api/problem'
import { text } from './text'

/** The server read the request and said no: the same file would be refused again. */
export class UploadRefused extends Error {}

/** The server no longer has the upload: it took too long, or ended elsewhere. */
export class UploadGone extends Error {}

/** Turns the error of a call into an Error whose message is fit to show. */
export function toUploadError(error: unknown, status: number | undefined): Error {
  if (isUnreachable(error)) return new Error(text.connectionLost)
  if (error instanceof Error) return error
  if (!isProblem(error)) return new Error(text.badAnswer(status ?? 0))
  if (status === 404) return new UploadGone(errorText(error))
  // Refused by what it is. A conflict or a wrong key may go away.
  return status === 400 || status === 413 || status === 422
    ? new UploadRefused(errorText(error))
    : new Error(errorText(error))
}

/** Returns the data of an API call's answer; rejects with what `toUploadError` makes of its error. */
export async function unwrapAnswer<T>(call: Promise<{ data?: T; error?: unknown; response?: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (data === undefined) throw toUploadError(error, response?.status)
  return data
}
