import {
  AudioBufferSource,
  BufferTarget,
  canEncodeAudio,
  FlacOutputFormat,
  Mp3OutputFormat,
  Output,
  type OutputFormat,
  StreamTarget,
  type StreamTargetChunk,
  WavOutputFormat,
} from 'mediabunny'
import { type MixRequest, renderMix } from '@/audio'
import { FORMATS, type MixFormat } from './formats'
import { createScratchFile } from './scratch'

const MP3_BITRATE = 320_000

/**
 * Renders a mix slice by slice into a file. At no time is more than a slice in memory, where the browser has a disk
 * for pages. Rejects with the signal's reason once it is aborted, with LoadError when a stem can't be had.
 */
export async function encodeMix(request: Omit<MixRequest, 'sink'>, format: MixFormat): Promise<Blob> {
  const scratch = await createScratchFile()
  // mediabunny writes whole chunks at a position, which is just what a file's stream takes.
  const target = scratch
    ? new StreamTarget(scratch.writable as unknown as WritableStream<StreamTargetChunk>, {
        chunked: true,
        chunkSize: 2 ** 20,
      })
    : new BufferTarget()
  const output = new Output({ format: containerOf(format), target })
  const source = new AudioBufferSource(await codecOf(format))
  output.addAudioTrack(source)
  try {
    await output.start()
    await renderMix({ ...request, sink: (slice) => source.add(slice) })
    await output.finalize()
  } catch (error) {
    await output.cancel().catch(() => {})
    throw error
  }
  const { mime } = FORMATS[format]
  if (target instanceof BufferTarget) return new Blob([target.buffer ?? new ArrayBuffer(0)], { type: mime })
  const file = await scratch?.file()
  if (!file) throw new Error('The written file is gone')
  return file.slice(0, file.size, mime)
}

function containerOf(format: MixFormat): OutputFormat {
  if (format === 'mp3') return new Mp3OutputFormat()
  return format === 'flac' ? new FlacOutputFormat() : new WavOutputFormat()
}

async function codecOf(format: MixFormat): Promise<ConstructorParameters<typeof AudioBufferSource>[0]> {
  switch (format) {
    case 'wav':
      return { codec: 'pcm-s16' }
    case 'wav24':
      return { codec: 'pcm-s24' }
    case 'flac':
      if (!(await canEncodeAudio('flac'))) (await import('@mediabunny/flac-encoder')).registerFlacEncoder()
      return { codec: 'flac' }
    case 'mp3':
      if (!(await canEncodeAudio('mp3'))) (await import('@mediabunny/mp3-encoder')).registerMp3Encoder()
      return { codec: 'mp3', bitrate: MP3_BITRATE }
  }
}
