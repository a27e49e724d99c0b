import { expect, it } from 'vitest'
import { errorText, isNotFound, isProblem, isUnreachable } from './problem'

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

it.each([
  ['a problem', PROBLEM, true],
  ['a problem with more to say', { ...PROBLEM, choices: ['a'] }, true],
  ['nothing', null, false],
  ['words', 'There is no recording 7.', false],
  ['an error', new Error('detail'), false],
  ['a document without a detail', { status: 404 }, false],
  ['a document whose detail is no text', { detail: 7 }, false],
])('knows a problem document: %s', (_, value, expected) => expect(isProblem(value)).toBe(expected))

it('tells silence from an answer', () => {
  expect([new TypeError('Load failed'), PROBLEM, new Error('x')].map(isUnreachable)).toEqual([true, false, false])
})

it('prefers an error’s own words to none', () => {
  expect(errorText(new Error('The disk is full.'))).toBe('The disk is full.')
  expect(errorText(new Error(''))).toContain('does not understand')
  expect(errorText(undefined)).toContain('does not understand')
})
