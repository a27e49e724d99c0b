import { LoadError } from '../failure'
import type { Seconds } from '../units'

/** Bytes `from` up to, not including, `to`. */
export interface ByteSpan {
  readonly from: number
  readonly to: number
}

export interface DownloadOptions {
  readonly signal: AbortSignal
  /** Called when the network fails and is tried again, and when it is back. */
  readonly retrying?: (yes: boolean) => void
}

/** Tries without a byte between them before the network counts as lost; with the pauses about half a minute. */
const TRIES = 9
const FIRST_PAUSE: Seconds = 0.25
const LONGEST_PAUSE: Seconds = 8
/** An answer that brings nothing for this long is given up, and asked for anew. */
const STALL: Seconds = 15

/**
 * A file's part, piece by piece as it comes. What fails on the way is tried again, from the byte reached.
 * Throws LoadError, or the signal's reason once it is aborted.
 */
export async function* download(
  url: string,
  span: ByteSpan,
  { signal, retrying }: DownloadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = span.from
  for (let failed = 0; at < span.to; ) {
    try {
      for await (const piece of request(url, { from: at, to: span.to }, signal)) {
        if (failed > 0) retrying?.(false)
        failed = 0
        at += piece.length
        yield piece
      }
      if (at < span.to) throw new LoadError('network')
    } catch (error) {
      signal.throwIfAborted()
      failed += 1
      if (!(error instanceof Passing) && !(error instanceof TypeError)) throw error
      if (failed >= TRIES) throw new LoadError('network', { cause: error })
      retrying?.(true)
      await pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failed - 1)), signal)
    }
  }
}

/** The whole part at once. */
export async function downloadAll(url: string, span: ByteSpan, options: DownloadOptions): Promise<Uint8Array> {
  const whole = new Uint8Array(span.to - span.from)
  let at = 0
  for await (const piece of download(url, span, options)) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** What may be gone at the next try. */
class Passing extends Error {}

async function* request(url: string, span: ByteSpan, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stall = new AbortController()
  let timer = setTimeout(() => stall.abort(), STALL * 1000)
  try {
    const response = await fetch(url, {
      headers: { Range: `bytes=${span.from}-${span.to - 1}` },
      signal: AbortSignal.any([signal, stall.signal]),
    })
    check(response)
    // A server without ranges sends the whole file.
    let skip = response.status === 206 ? 0 : span.from
    let left = span.to - span.from
    const reader = response.body?.getReader()
    for (; reader && left > 0; ) {
      const { done, value } = await reader.read()
      if (done) throw new Passing('cut off')
      clearTimeout(timer)
      timer = setTimeout(() => stall.abort(), STALL * 1000)
      const piece = value.subarray(Math.min(skip, value.length)).subarray(0, left)
      skip -= Math.min(skip, value.length)
      left -= piece.length
      if (piece.length > 0) yield piece
    }
    if (response.status !== 206) void reader?.cancel()
  } catch (error) {
    if (stall.signal.aborted && !signal.aborted) throw new Passing('stalled', { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function check({ status }: Response): void {
  if (status === 200 || status === 206) return
  if (status === 404 || status === 410) throw new LoadError('missing')
  if (status === 401 || status === 403) throw new LoadError('forbidden')
  // The file is shorter than its index says.
  if (status === 416) throw new LoadError('undecodable')
  if (status === 408 || status === 425 || status === 429 || status >= 500) throw new Passing(String(status))
  throw new LoadError('network')
}

/** Waits, but not once the browser says that the network is back. */
function pause(length: Seconds, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      globalThis.removeEventListener?.('online', end)
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(end, length * 1000)
    globalThis.addEventListener?.('online', end)
    signal.addEventListener('abort', end)
  })
}
