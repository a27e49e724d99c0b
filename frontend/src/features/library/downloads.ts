import type { Job } from '@/api/generated/types.gen'

/** Formats by the names people know them by; one that is missing here is shown by its own name. */
const NAMES: Record<string, string> = { flac: 'FLAC', wav: 'WAV', mp3: 'MP3', opus: 'Opus', m4a: 'M4A' }

export function formatName(format: string): string {
  return NAMES[format] ?? format
}

/** All stems as FLAC and the manifest, in one ZIP. */
export function zipAddress({ id }: Job): string {
  return `/api/jobs/${id}/download`
}

export function stemAddress({ id }: Job, stem: string, format: string): string {
  return `/api/jobs/${id}/stems/${encodeURIComponent(stem)}/download?format=${encodeURIComponent(format)}`
}
