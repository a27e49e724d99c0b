import { describe, expect, it } from 'vitest'
import { listPresets } from './presets'

const FOUR = ['drums', 'bass', 'vocals', 'other']
const moved = { gain: -6, pan: 0.5, muted: false, soloed: true }

describe('presets', () => {
  it('are all, karaoke, drumless and each stem alone', () => {
    expect(listPresets(FOUR).map(({ label }) => label)).toEqual([
      ...['All stems', 'Karaoke', 'Drumless', 'Drums alone', 'Bass alone', 'Vocals alone', 'Other alone'],
    ])
  })

  it('offer only what the stems allow', () => {
    expect(listPresets(['kick', 'snare', 'toms']).map(({ id }) => id)).not.toContain('drumless')
    expect(listPresets(['vocals', 'instrumental']).map(({ id }) => id)).toContain('karaoke')
  })

  it('leave faders and pan as they are, but for all', () => {
    const [all, karaoke] = listPresets(FOUR)
    expect(karaoke?.strip('vocals', moved)).toEqual({ ...moved, muted: true, soloed: false })
    expect(karaoke?.strip('bass', moved)).toEqual({ ...moved, soloed: false })
    expect(all?.strip('bass', moved)).toEqual({ gain: 0, pan: 0, muted: false, soloed: false })
  })
})
