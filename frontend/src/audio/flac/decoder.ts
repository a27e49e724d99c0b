import { LoadError } from '../failure'

/** Decodes a whole FLAC file, as `flacFile` makes it, at the file's rate. Rejects with LoadError `undecodable`. */
export type Decoder = (file: ArrayBuffer) => Promise<AudioBuffer>

/** A FLAC file of one silent block. */
const ONE_BLOCK = 'ZkxhQ4AAACIQABAAAAALAAALAfQA8AAAAAAAAAAAAAAAAAAAAAAAAAAA//gUCAArAAAA6Vs='

/**
 * Returns the browser's decoder, or our own where that lacks FLAC. sampleRate: of the files, so that no sample is
 * interpolated.
 */
export function openDecoder(sampleRate: number): Decoder {
  // An offline context decodes before any gesture has unlocked sound, and holds no audio device.
  const context = new OfflineAudioContext(1, 1, sampleRate)
  const known = knowsFlac(context)
  return async (file) => {
    try {
      if (await known) return await context.decodeAudioData(file)
      const { decodeFlac } = await import('./flacDecoder')
      return decodeFlac(file)
    } catch (error) {
      if (error instanceof LoadError) throw error
      throw new LoadError('undecodable', { cause: error })
    }
  }
}

async function knowsFlac(context: BaseAudioContext): Promise<boolean> {
  const file = Uint8Array.from(atob(ONE_BLOCK), (letter) => letter.charCodeAt(0))
  try {
    await context.decodeAudioData(file.buffer)
    return true
  } catch {
    return false
  }
}
