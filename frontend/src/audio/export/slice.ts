import type { Span } from '../units'

/** Frames `from` up to `to` of a buffer as one of its own. */
export function part(buffer: AudioBuffer, { from, to }: Span): AudioBuffer {
  const { numberOfChannels, sampleRate } = buffer
  const cut = new AudioBuffer({ length: to - from, numberOfChannels, sampleRate })
  for (let side = 0; side < numberOfChannels; side++) {
    cut.copyToChannel(buffer.getChannelData(side).subarray(from, to), side)
  }
  return cut
}
