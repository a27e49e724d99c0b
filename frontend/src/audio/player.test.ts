import { describe, expect, it } from 'vitest'
import { isSameSnapshot, type PlayerSnapshot, type StemSnapshot } from './player'

const STEM: StemSnapshot = {
  stem: 'vocals',
  gain: -3,
  muted: false,
  soloed: false,
  pan: 0,
  audible: true,
  load: { kind: 'ready' },
}

const SNAPSHOT: PlayerSnapshot = {
  transport: 'playing',
  problem: null,
  master: 0,
  limiter: false,
  loop: { from: 0, to: 100 },
  tempo: 1,
  pitch: 0,
  stretch: 'exact',
  stems: [STEM],
}

const withStem = (change: Partial<StemSnapshot>): PlayerSnapshot => ({ ...SNAPSHOT, stems: [{ ...STEM, ...change }] })

describe('isSameSnapshot', () => {
  it('is true for equal fields in other objects', () => {
    const copy = { ...SNAPSHOT, loop: { from: 0, to: 100 }, stems: [{ ...STEM, load: { kind: 'ready' } as const }] }
    expect(isSameSnapshot(SNAPSHOT, copy)).toBe(true)
  })

  it.each<Partial<PlayerSnapshot>>([
    { transport: 'paused' },
    { problem: 'blocked' },
    { master: -1 },
    { master: Number.NEGATIVE_INFINITY },
    { limiter: true },
    { loop: null },
    { loop: { from: 0, to: 101 } },
    { tempo: 1.01 },
    { pitch: 1 },
    { stretch: 'loading' },
    { stems: [] },
    { stems: [STEM, STEM] },
  ])('notices %o', (change) => {
    expect(isSameSnapshot(SNAPSHOT, { ...SNAPSHOT, ...change })).toBe(false)
  })

  it.each<Partial<StemSnapshot>>([
    { stem: 'drums' },
    { gain: -4 },
    { muted: true },
    { soloed: true },
    { pan: 1 },
    { audible: false },
    { load: { kind: 'loading', retrying: false } },
    { load: { kind: 'failed', failure: 'network' } },
  ])("notices a stem's %o", (change) => {
    expect(isSameSnapshot(SNAPSHOT, withStem(change))).toBe(false)
    expect(isSameSnapshot(withStem(change), SNAPSHOT)).toBe(false)
  })

  it('notices that loading is tried again, and why it failed', () => {
    const loading = (retrying: boolean) => withStem({ load: { kind: 'loading', retrying } })
    expect(isSameSnapshot(loading(true), loading(true))).toBe(true)
    expect(isSameSnapshot(loading(true), loading(false))).toBe(false)
    const failed = (failure: 'network' | 'missing') => withStem({ load: { kind: 'failed', failure } })
    expect(isSameSnapshot(failed('network'), failed('network'))).toBe(true)
    expect(isSameSnapshot(failed('network'), failed('missing'))).toBe(false)
  })
})
