import type { StemName } from './mixer'

/** One stem's audio file. bytes: its size, 0 if unknown; it only serves the progress figure. */
export interface TrackSource {
  readonly stem: StemName
  readonly url: string
  readonly bytes: number
}

/** missing: the server has no such file. network: no or a broken answer. undecodable: not audio this browser reads. */
export type LoadFailure = 'missing' | 'network' | 'undecodable'

export type LoadState =
  | { readonly kind: 'loading'; readonly fraction: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: LoadFailure }

export class LoadError extends Error {
  readonly failure: LoadFailure

  constructor(failure: LoadFailure, options?: ErrorOptions) {
    super(failure, options)
    this.failure = failure
  }
}

/** Brings a track's samples into memory. Rejects with LoadError, or with anything once the signal is aborted. */
export type Loader = (
  track: TrackSource,
  progress: (fraction: number) => void,
  signal: AbortSignal,
) => Promise<AudioBuffer>

/** Fetches and decodes whole files, at the rate of the files, so that no sample is interpolated. */
export function wholeFileLoader(sampleRate: number): Loader {
  return async (track, progress, signal) => {
    const file = await download(track, progress, signal)
    // An offline context decodes before any gesture has unlocked sound, and holds no audio device.
    const decoder = new OfflineAudioContext(2, 1, sampleRate)
    try {
      return await decoder.decodeAudioData(file)
    } catch (error) {
      throw new LoadError('undecodable', { cause: error })
    }
  }
}

async function download(
  track: TrackSource,
  progress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  try {
    const response = await fetch(track.url, { signal })
    if (response.status === 404 || response.status === 410) throw new LoadError('missing')
    if (!response.ok || !response.body) throw new LoadError('network')
    const chunks: Uint8Array<ArrayBuffer>[] = []
    let received = 0
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      received += value.byteLength
      if (track.bytes > 0) progress(Math.min(1, received / track.bytes))
    }
    return joined(chunks, received)
  } catch (error) {
    if (error instanceof LoadError) throw error
    throw new LoadError('network', { cause: error })
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): ArrayBuffer {
  const whole = new Uint8Array(bytes)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole.buffer
}
