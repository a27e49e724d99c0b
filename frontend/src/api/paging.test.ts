import { expect, it } from 'vitest'
import { nextOffset } from './paging'

const page = (items: number, offset: number, total: number) => ({ items: Array(items).fill(0), offset, total })

it('goes on where the page ended', () => {
  expect(nextOffset(page(20, 0, 50))).toBe(20)
  expect(nextOffset(page(20, 20, 50))).toBe(40)
})

it('ends with the list', () => {
  expect(nextOffset(page(10, 40, 50))).toBeUndefined()
  expect(nextOffset(page(0, 0, 0))).toBeUndefined()
})

it('ends, too, with an empty page: the list has become shorter meanwhile', () => {
  expect(nextOffset(page(0, 20, 50))).toBeUndefined()
})
