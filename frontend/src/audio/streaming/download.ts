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
  readonly onRetrying?: (yes: boolean) => void
}

/** Tries without a byte between them before the network counts as lost; with the pauses about half a minute. */
const TRIES = 9
const SHORTEST_PAUSE: Seconds = 0.25
const LONGEST_PAUSE: Seconds = 8
/** An answer that brings nothing for this long is given up, and asked for anew. */
const STALL: Seconds = 15

/**
 * Downloads a part of a file and yields its bytes as they come. What fails on the way is tried again, from the byte
 * reached.
 * Throws LoadError, or the signal's reason once it is aborted.
 */
export async function* download(
  url: string,
  span: ByteSpan,
  { signal, onRetrying }: DownloadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = span.from
  for (let failed = 0; at < span.to; ) {
    try {
      for await (const piece of request(url, { from: at, to: span.to }, signal)) {
        if (failed > 0) onRetrying?.(false)
        failed = 0
        at += piece.length
        yield piece
      }
      if (at < span.to) throw new LoadError('network')
    } catch (error) {
      signal.throwIfAborted()
      failed += 1
      if (!(error instanceof TransientError) && !(error instanceof TypeError)) throw error
      if (failed >= TRIES) throw new LoadError('network', { cause: error })
      onRetrying?.(true)
      await pause(Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (failed - 1)), signal)
    }
  }
}

/** Downloads a part of a file and returns it whole. Throws as `download` does. */
export async function downloadAll(url: string, span: ByteSpan, options: DownloadOptions): Promise<Uint8Array> {
  const whole = new Uint8Array(span.to - span.from)
  let at = 0
  for await (const piece of download(url, span, options)) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** A failure that the next try may not have. */
class TransientError extends Error {}

async function* request(url: string, span: ByteSpan, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stall = new AbortController()
  let timer = setTimeout(() => stall.abort(), STALL * 1000)
  try {
    const response = await fetch(url, {
      headers: { Range: `bytes=${span.from}-${span.to - 1}` },
      signal: AbortSignal.any([signal, stall.signal]),
    })
    throwOnFailure(response)
    // A server without ranges sends the whole file.
    let skip = response.status === 206 ? 0 : span.from
    let left = span.to - span.from
    const reader = response.body?.getReader()
    for (; reader && left > 0; ) {
      const { done, value } = await reader.read()
      if (done) throw new TransientError('cut off')
      clearTimeout(timer)
      timer = setTimeout(() => stall.abort(), STALL * 1000)
      const piece = value.subarray(Math.min(skip, value.length)).subarray(0, left)
      skip -= Math.min(skip, value.length)
      left -= piece.length
      if (piece.length > 0) yield piece
    }
    if (response.status !== 206) void reader?.cancel()
  } catch (error) {
    if (stall.signal.aborted && !signal.aborted) throw new TransientError('stalled', { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function throwOnFailure({ status }: Response): void {
  if (status === 200 || status === 206) return
  if (status === 404 || status === 410) throw new LoadError('missing')
  if (status === 401 || status === 403) throw new LoadError('forbidden')
  // The file is shorter than its index says.
  if (status === 416) throw new LoadError('undecodable')
  if (status === 408 || status === 425 || status === 429 || status >= 500) throw new TransientError(String(status))
  throw new LoadError('network')
}

/** Waits for a time, or until the browser says that the network is back. */
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
