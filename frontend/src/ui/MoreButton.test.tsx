import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { MoreButton } from './MoreButton'

const list = (hasNextPage: boolean, isFetchingNextPage = false) => {
  return { hasNextPage, isFetchingNextPage, fetchNextPage: vi.fn() }
}

it('fetches the next page', async () => {
  const pages = list(true)
  render(<MoreButton list={pages} label="Show more" />)
  await userEvent.click(screen.getByRole('button', { name: 'Show more' }))
  expect(pages.fetchNextPage).toHaveBeenCalledTimes(1)
})

it('can’t be pressed again while a page is on its way, and may say so', () => {
  render(<MoreButton list={list(true, true)} label="Show more" busyLabel="Loading…" />)
  expect(screen.getByRole('button', { name: 'Loading…' })).toBeDisabled()
})

it('is gone once all of the list is there', () => {
  render(<MoreButton list={list(false)} label="Show more" />)
  expect(screen.queryByRole('button')).toBeNull()
})
