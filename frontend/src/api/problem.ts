import type { Problem } from './generated/types.gen'

const UNREACHABLE = 'Stemset’s server does not answer. Is it running?'
const UNEXPECTED = 'The server gave an answer this page does not understand.'

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && typeof value.detail === 'string'
}

/** True when no answer came at all: the server is down, or the line is. `fetch` says so with a TypeError. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError
}

/** True for an answer that says there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return isProblem(error) && error.status === 404
}

/** What went wrong, fit to show: the server's own words where it has some. */
export function errorText(error: unknown): string {
  if (isProblem(error)) return error.detail
  if (isUnreachable(error)) return UNREACHABLE
  if (error instanceof Error && error.message !== '') return error.message
  return UNEXPECTED
}
