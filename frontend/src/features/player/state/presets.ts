import { type Channel, neutral, type StemName } from '@/audio'
import { stemLabel } from '@/ui/stems'

export interface Preset {
  readonly id: string
  readonly label: string
  strip(stem: StemName, strip: Channel): Channel
}

const VOICES = ['vocals', 'lead_vocals', 'lead']
const DRUMS = ['drums', 'kick', 'snare', 'toms', 'hi_hat', 'ride', 'crash']

function muteOnly(muted: readonly StemName[]): Preset['strip'] {
  return (stem, strip) => ({ ...strip, soloed: false, muted: muted.includes(stem) })
}

/** Lists the mixes that one press makes of these stems. `all` resets the faders, the others leave them. */
export function listPresets(stems: readonly StemName[]): readonly Preset[] {
  const has = (names: readonly StemName[]) => names.some((name) => stems.includes(name))
  return [
    { id: 'all', label: 'All stems', strip: () => neutral },
    ...(has(VOICES) && stems.length > 1 ? [{ id: 'karaoke', label: 'Karaoke', strip: muteOnly(VOICES) }] : []),
    ...(has(DRUMS) && stems.some((stem) => !DRUMS.includes(stem))
      ? [{ id: 'drumless', label: 'Drumless', strip: muteOnly(DRUMS) }]
      : []),
    ...stems.map((only) => ({
      id: `solo-${only}`,
      label: `${stemLabel(only)} alone`,
      strip: (stem: StemName, strip: Channel) => ({ ...strip, muted: false, soloed: stem === only }),
    })),
  ]
}
