import { expect, it } from 'vitest'
import { errorText, isNotFound } from './problem'

const PROBLEM = { type: '/problems/not-found', title: 'Not found', status: 404, detail: 'There is no recording 7.' }

it('shows the server’s own words', () => expect(errorText(PROBLEM)).toBe('There is no recording 7.'))

it('says that the server does not answer when fetch found none', () => {
  expect(errorText(new TypeError('Failed to fetch'))).toContain('does not answer')
})

it('has words for an answer of another shape', () => expect(errorText('<html>')).toContain('does not understand'))

it('tells an absent thing from other trouble', () => {
  expect([isNotFound(PROBLEM), isNotFound({ ...PROBLEM, status: 503 }), isNotFound(new TypeError())]).toEqual([
    true,
    false,
    false,
  ])
})
