import { errorText, isProblem, isUnreachable } from '@/api/problem'
import { text } from './text'

/** The server read the request and said no: the same file would be refused again. */
export class UploadRefused extends Error {}

/** The upload that was to go on is gone: it took too long, or ended elsewhere. */
export class UploadGone extends Error {}

/** What a call came to nothing for, as an Error fit to show. */
export function trouble(error: unknown, status: number | undefined): Error {
  if (isUnreachable(error)) return new Error(text.connectionLost)
  if (error instanceof Error) return error
  if (!isProblem(error)) return new Error(text.badAnswer(status ?? 0))
  if (status === 404) return new UploadGone(errorText(error))
  // Refused by what it is. A conflict or a wrong key may go away.
  return status === 400 || status === 413 || status === 422
    ? new UploadRefused(errorText(error))
    : new Error(errorText(error))
}

/** What a call of the API answered; rejects with `trouble`. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response?: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (data === undefined) throw trouble(error, response?.status)
  return data
}
