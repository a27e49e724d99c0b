import { describe, expect, it } from 'vitest'
import { aPlayer, aTrack } from '@/testing/playerData'
import { loudnessTrim, mixLoudness } from './loudness'
import { NEUTRAL } from './mix'

const job = (mixture: number, drums: number, vocals: number) =>
  aPlayer({
    mixture: aTrack('mixture', { lufs: mixture }),
    stems: [aTrack('drums', { lufs: drums }), aTrack('vocals', { lufs: vocals })],
  })
const solo = (stem: string) => ({
  ...NEUTRAL,
  strips: { [stem]: { gain: 0, pan: 0, muted: false, soloed: true } },
})

describe('loudness', () => {
  it('is the measured one of the whole, and moves with all faders', () => {
    expect(mixLoudness(job(-14, -20, -20), NEUTRAL)).toBe(-14)
    const strip = { gain: -6, pan: 0, muted: false, soloed: false }
    expect(mixLoudness(job(-14, -20, -20), { ...NEUTRAL, strips: { drums: strip, vocals: strip } })).toBe(-20)
  })

  it('adds powers where the mix is another', () => {
    expect(mixLoudness(job(-14, -20, -23), solo('drums'))).toBeCloseTo(-20)
    const strip = { gain: -3, pan: 0, muted: false, soloed: false }
    expect(mixLoudness(job(-14, -17, -20), { ...NEUTRAL, strips: { drums: strip } })).toBeCloseTo(-16.99, 1)
  })

  it('is unknown for silence', () => {
    const strip = { gain: 0, pan: 0, muted: true, soloed: false }
    expect(mixLoudness(job(-14, -20, -20), { ...NEUTRAL, strips: { drums: strip, vocals: strip } })).toBeNull()
  })
})

describe('a comparison of jobs', () => {
  const [loud, quiet] = [job(-12, -18, -18), job(-14.04, -22, -16)]

  it('brings the louder one down, never one up', () => {
    expect(loudnessTrim(loud, [quiet], NEUTRAL)).toBe(-2)
    expect(loudnessTrim(quiet, [loud], NEUTRAL)).toBe(0)
  })

  it('follows what is heard', () => {
    expect(loudnessTrim(loud, [quiet], solo('drums'))).toBe(-4)
    expect(loudnessTrim(quiet, [loud], solo('vocals'))).toBe(-2)
  })

  it('leaves a job alone that stands alone', () => {
    expect(loudnessTrim(loud, [], NEUTRAL)).toBe(0)
  })
})
