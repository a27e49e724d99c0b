import { LoadError } from './failure'

/** A FLAC file of its own, as `flacFile` makes it, to samples at the file's rate. Rejects with LoadError `undecodable`. */
export type Decoder = (file: ArrayBuffer) => Promise<AudioBuffer>

/** The browser's decoder, at a rate: no sample is interpolated when it is the file's. */
export function openDecoder(sampleRate: number): Decoder {
  // An offline context decodes before any gesture has unlocked sound, and holds no audio device.
  const context = new OfflineAudioContext(1, 1, sampleRate)
  return async (file) => {
    try {
      return await context.decodeAudioData(file)
    } catch (error) {
      throw new LoadError('undecodable', { cause: error })
    }
  }
}
