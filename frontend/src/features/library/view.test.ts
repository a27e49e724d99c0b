import { expect, it } from 'vitest'
import { isNarrowed, parseView } from './view'

it('reads words, tag and order from the address', () => {
  expect(parseView({ q: ' lith ', tag: 'live', sort: 'title' })).toEqual({ q: 'lith', tag: 'live', sort: 'title' })
})

it('leaves out what goes without saying and what it can’t mean', () => {
  expect(parseView({ q: ' ', tag: '', sort: '-created' })).toEqual({})
  expect(parseView({ q: ['a'], sort: 'colour', page: 3 })).toEqual({})
})

it('takes a number for words: the router reads `?q=1999` as one', () =>
  expect(parseView({ q: 1999 })).toEqual({ q: '1999' }))

it('knows that an order leaves nothing out', () => {
  expect([isNarrowed({ sort: 'title' }), isNarrowed({ q: 'a' }), isNarrowed({ tag: 'live' })]).toEqual([
    false,
    true,
    true,
  ])
})
