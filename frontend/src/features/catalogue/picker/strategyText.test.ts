import { expect, it } from 'vitest'
import { aStrategy } from '@/testing/data'
import { describeNeeds, describeStrategy } from './strategyText'

const LARGE = aStrategy({ name: 'large', quality: 'best', estimatedS: 2040, downloadBytes: 913e6, missing: ['a.ckpt'] })

it('tells stems, quality, time and that nothing is downloaded', () => {
  expect(describeStrategy(aStrategy())).toBe(
    'drums, bass, vocals and other · preview quality · about 14 s for a song of 4 minutes · no download',
  )
})

it('tells the size of a download that comes first', () => {
  expect(describeStrategy({ ...LARGE, ready: false })).toContain(
    'about 34 min for a song of 4 minutes · downloads 913 MB',
  )
  expect(describeNeeds({ ...LARGE, ready: false })).toContain('Needs a download of 913 MB first (one model file)')
})

it('says nothing of a download that was made', () => {
  expect(describeStrategy(LARGE)).not.toContain('download')
  expect(describeNeeds({ ...LARGE, summary: 'One large network.' })).toBe('One large network.')
})

it('says plainly what a preview is', () => {
  expect(describeNeeds(aStrategy())).toMatch(/preview that needs no download.*far from what a neural network does/)
})

it('names what is missing when no download would help', () => {
  const strategy = aStrategy({ quality: 'good', ready: false, missing: ['audio-separator'] })
  expect(describeNeeds(strategy)).toContain('missing: audio-separator')
})
