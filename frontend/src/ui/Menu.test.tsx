import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it, vi } from 'vitest'
import { MenuButton } from './Menu'

const rename = vi.fn()
const remove = vi.fn()
const button = () => screen.getByRole('button', { name: 'More for Lithium' })

beforeEach(() => {
  rename.mockReset()
  remove.mockReset()
  render(
    <MenuButton
      label="More for Lithium"
      groups={[
        [
          { label: 'Rename', onSelect: rename },
          { label: 'Download', download: '/stems.zip' },
        ],
        [],
        [{ label: 'Delete', danger: true, onSelect: remove }],
      ]}
    />,
  )
})

it('opens with the arrow key on its first line, and walks in a circle', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowDown}')
  expect(button()).toHaveAttribute('aria-expanded', 'true')
  expect(screen.getByRole('menuitem', { name: 'Rename' })).toHaveFocus()
  await user.keyboard('{ArrowUp}')
  expect(screen.getByRole('menuitem', { name: 'Delete' })).toHaveFocus()
  await user.keyboard('{ArrowDown}')
  expect(screen.getByRole('menuitem', { name: 'Rename' })).toHaveFocus()
  await user.keyboard('{End}')
  expect(screen.getByRole('menuitem', { name: 'Delete' })).toHaveFocus()
})

it('does what is chosen, and is closed', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.keyboard('{End}{Enter}')
  expect(remove).toHaveBeenCalledOnce()
  expect(screen.queryByRole('menu')).toBeNull()
  expect(button()).toHaveFocus()
})

it('finds a line by its first letter', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.keyboard('d')
  expect(screen.getByRole('menuitem', { name: 'Download' })).toHaveFocus()
  await user.keyboard('d')
  expect(screen.getByRole('menuitem', { name: 'Delete' })).toHaveFocus()
})

it('gives the focus back on Escape and does nothing', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.keyboard('{Escape}')
  expect(screen.queryByRole('menu')).toBeNull()
  expect(button()).toHaveFocus()
  expect(rename).not.toHaveBeenCalled()
})

it('closes when something else is pressed', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.click(document.body)
  expect(screen.queryByRole('menu')).toBeNull()
})

it('leads to files as links', async () => {
  await userEvent.click(button())
  expect(screen.getByRole('menuitem', { name: 'Download' })).toHaveAttribute('href', '/stems.zip')
})
