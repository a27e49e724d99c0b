/** Colour and label of a stem, by its name. Unknown names get a neutral look, so that any strategy can be shown. */

const COLOURS: Record<string, string> = {
  vocals: 'var(--vocals)',
  lead_vocals: 'var(--vocals)',
  backing_vocals: 'var(--guitar)',
  drums: 'var(--drums)',
  kick: 'var(--drums)',
  snare: 'var(--vocals)',
  toms: 'var(--bass)',
  hi_hat: 'var(--other)',
  ride: 'var(--guitar)',
  crash: 'var(--piano)',
  bass: 'var(--bass)',
  guitar: 'var(--guitar)',
  piano: 'var(--piano)',
  other: 'var(--other)',
  instrumental: 'var(--other)',
}

export function stemColour(name: string): string {
  return COLOURS[name] ?? 'var(--residual)'
}

/** `hi_hat` → `Hi hat`. */
export function stemLabel(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
