import { expect, it } from 'vitest'
import { asView, narrows } from './view'

it('reads words, tag and order from the address', () => {
  expect(asView({ q: ' lith ', tag: 'live', sort: 'title' })).toEqual({ q: 'lith', tag: 'live', sort: 'title' })
})

it('leaves out what goes without saying and what it can’t mean', () => {
  expect(asView({ q: ' ', tag: '', sort: '-created' })).toEqual({})
  expect(asView({ q: ['a'], sort: 'colour', page: 3 })).toEqual({})
})

it('takes a number for words: the router reads `?q=1999` as one', () =>
  expect(asView({ q: 1999 })).toEqual({ q: '1999' }))

it('knows that an order leaves nothing out', () => {
  expect([narrows({ sort: 'title' }), narrows({ q: 'a' }), narrows({ tag: 'live' })]).toEqual([false, true, true])
})
