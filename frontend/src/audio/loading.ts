import { LoadError } from './failure'
import type { LaneSource } from './player'

/** Brings a track's samples into memory. Rejects with LoadError, or with anything once the signal is aborted. */
export type Loader = (track: LaneSource, signal: AbortSignal) => Promise<AudioBuffer>

/** Fetches and decodes whole files, at the rate of the files, so that no sample is interpolated. */
export function wholeFileLoader(sampleRate: number): Loader {
  return async (track, signal) => {
    const file = await download(track, signal)
    // An offline context decodes before any gesture has unlocked sound, and holds no audio device.
    const decoder = new OfflineAudioContext(2, 1, sampleRate)
    try {
      return await decoder.decodeAudioData(file)
    } catch (error) {
      throw new LoadError('undecodable', { cause: error })
    }
  }
}

async function download(track: LaneSource, signal: AbortSignal): Promise<ArrayBuffer> {
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
