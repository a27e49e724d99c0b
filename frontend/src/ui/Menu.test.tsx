import { act, fireEvent, render, screen, within } from '@testing-library/react'
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

it('opens with the arrow up as well, and names what it belongs to', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowUp}')
  const menu = screen.getByRole('menu', { name: 'More for Lithium' })
  expect(button()).toHaveAttribute('aria-controls', menu.id)
  expect(within(menu).getAllByRole('menuitem')).toHaveLength(3)
})

it('parts its groups, and leaves empty ones out', async () => {
  await userEvent.click(button())
  expect(within(screen.getByRole('menu')).getAllByRole('group')).toHaveLength(2)
})

it('closes with Tab, and is left from its button', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.tab()
  expect(screen.queryByRole('menu')).toBeNull()
})

it.each(['scroll', 'resize'])('closes when the window changes below it: %s', async (event) => {
  await userEvent.click(button())
  act(() => void window.dispatchEvent(new Event(event)))
  expect(screen.queryByRole('menu')).toBeNull()
})

it('stays open when one of its own parts is pressed', async () => {
  await userEvent.click(button())
  fireEvent.pointerDown(screen.getByRole('menu'))
  expect(screen.getByRole('menu')).toBeVisible()
})

it('closes with a second press on its button', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.click(button())
  expect(screen.queryByRole('menu')).toBeNull()
  expect(button()).toHaveAttribute('aria-expanded', 'false')
})

it('goes nowhere with a letter that no line begins with, nor with a shortcut', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.keyboard('x')
  await user.keyboard('{Control>}d{/Control}')
  expect(screen.getByRole('menuitem', { name: 'Rename' })).toHaveFocus()
})
