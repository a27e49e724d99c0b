import { type Decibels, type Seconds, toAmplitude } from '../units'

/** It compresses above this level; a twentieth of what exceeds it gets through. */
const THRESHOLD: Decibels = -3
const RATIO = 20
/** Web Audio's compressor looks ahead by this time (section 1.19 of its specification), and so delays the sound. */
export const LIMITER_LATENCY: Seconds = 0.006

export interface Limiter {
  dispose(): void
}

/** Connects input → limiter → output. */
export function connectLimiter(context: BaseAudioContext, input: AudioNode, output: AudioNode): Limiter {
  const compressor = context.createDynamicsCompressor()
  compressor.threshold.value = THRESHOLD
  compressor.knee.value = 0
  compressor.ratio.value = RATIO
  compressor.attack.value = 0
  compressor.release.value = 0.1
  // The compressor makes up for what it takes, by its specification: the inverse of the full-scale gain, to the 0.6.
  const makeup = context.createGain()
  const fullScale: Decibels = THRESHOLD - THRESHOLD / RATIO
  makeup.gain.value = toAmplitude(fullScale) ** 0.6
  input.connect(compressor).connect(makeup).connect(output)
  return {
    dispose: () => {
      compressor.disconnect()
      makeup.disconnect()
    },
  }
}
