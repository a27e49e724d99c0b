import type { Span } from '../units'

/** Copies frames `from` up to `to` of a buffer into a new one. */
export function sliceBuffer(buffer: AudioBuffer, { from, to }: Span): AudioBuffer {
  const { numberOfChannels, sampleRate } = buffer
  const cut = new AudioBuffer({ length: to - from, numberOfChannels, sampleRate })
  for (let side = 0; side < numberOfChannels; side++) {
    cut.copyToChannel(buffer.getChannelData(side).subarray(from, to), side)
  }
  return cut
}
