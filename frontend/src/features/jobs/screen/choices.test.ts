import { expect, it } from 'vitest'
import { aJob } from '@/testing/data'
import { chooseVersions } from './choices'

const done = (id: string, strategy: string, hour: number) =>
  aJob({ id, strategy, stems: ['drums'], createdAt: `2026-11-20T${10 + hour}:00:00Z` })
const ids = (jobs: { id: string }[]) => jobs.map(({ id }) => id)

it('takes the newest job of each strategy, oldest first', () => {
  const newest = done('d', 'instant', 4)
  const jobs = [newest, done('c', 'successive', 3), done('b', 'instant', 2), done('a', 'six_stems', 1)]
  expect(ids(chooseVersions(jobs, newest))).toEqual(['a', 'c', 'd'])
})

it('keeps the one that is heard, though a newer one of its strategy is there', () => {
  const heard = done('a', 'instant', 1)
  expect(ids(chooseVersions([done('c', 'instant', 3), done('b', 'successive', 2), heard], heard))).toEqual(['a', 'b'])
})

it('offers nothing that has no stems', () => {
  const heard = done('a', 'instant', 1)
  expect(ids(chooseVersions([aJob({ id: 'b', strategy: 'successive' }), heard], heard))).toEqual(['a'])
})
