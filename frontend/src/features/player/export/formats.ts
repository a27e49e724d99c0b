/** What a mix can be written as. */
export type MixFormat = 'wav' | 'wav24' | 'flac' | 'mp3'

export interface FormatFacts {
  readonly label: string
  readonly extension: string
  readonly mime: string
}

export const FORMATS: Readonly<Record<MixFormat, FormatFacts>> = {
  wav: { label: 'WAV, 16 bit', extension: 'wav', mime: 'audio/wav' },
  wav24: { label: 'WAV, 24 bit', extension: 'wav', mime: 'audio/wav' },
  flac: { label: 'FLAC', extension: 'flac', mime: 'audio/flac' },
  mp3: { label: 'MP3, 320 kbit/s', extension: 'mp3', mime: 'audio/mpeg' },
}

export const MIX_FORMATS = Object.keys(FORMATS) as readonly MixFormat[]

// No control characters either, which \p{Cc} stands for.
const FORBIDDEN = /[\\/:*?"<>|\p{Cc}]+/gu

/** Parts joined by a dash, without what some system forbids in a file name. */
export function fileName(parts: readonly string[], extension: string): string {
  const clean = parts.map((part) => part.replace(FORBIDDEN, '_').replace(/^[ .]+|[ .]+$/g, ''))
  return `${clean.filter(Boolean).join(' - ').slice(0, 150) || 'mix'}.${extension}`
}
