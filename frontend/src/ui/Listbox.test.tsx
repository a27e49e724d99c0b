import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { beforeEach, expect, it } from 'vitest'
import { Listbox } from './Listbox'

const OPTIONS = ['alto', 'bass', 'tenor'].map((value) => ({ value, label: value, detail: `the ${value}` }))

function Choice() {
  const [value, setValue] = useState('alto')
  return <Listbox label="Voice" options={OPTIONS} value={value} onChange={setValue} />
}

const button = () => screen.getByRole('combobox', { name: /^Voice/ })
const active = () => document.getElementById(button().getAttribute('aria-activedescendant') ?? '')

beforeEach(() => {
  render(<Choice />)
})

it('is chosen from with the keys', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowDown}')
  expect(button()).toHaveAttribute('aria-expanded', 'true')
  expect(active()).toHaveTextContent('alto')
  await user.keyboard('{End}{ArrowUp}{Enter}')
  expect(button()).toHaveAttribute('aria-expanded', 'false')
  expect(button()).toHaveTextContent('bass')
})

it('finds an option by its first letter', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{Enter}t{Enter}')
  expect(button()).toHaveTextContent('tenor')
})

it('keeps its value on Escape', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowDown}{End}{Escape}')
  expect(button()).toHaveAttribute('aria-expanded', 'false')
  expect(button()).toHaveTextContent('alto')
})

it('is chosen from with the mouse, and marks the choice', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.click(screen.getByRole('option', { name: /tenor/ }))
  expect(button()).toHaveTextContent('tenor')
  await user.click(button())
  expect(screen.getByRole('option', { selected: true })).toHaveTextContent('tenor')
})

it('opens with an arrow, Enter or Space, and with no other key', async () => {
  const user = userEvent.setup()
  await user.tab()
  for (const key of ['a', '{Home}', '{Control>}{ArrowDown}{/Control}']) {
    await user.keyboard(key)
    expect(button()).toHaveAttribute('aria-expanded', 'false')
  }
  for (const key of ['{ArrowDown}', '{ArrowUp}', '{Enter}', ' ']) {
    await user.keyboard(key)
    expect(button()).toHaveAttribute('aria-expanded', 'true')
    await user.keyboard('{Escape}')
  }
})

it('stops at both ends of the list', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowDown}{ArrowUp}{ArrowUp}')
  expect(active()).toHaveTextContent('alto')
  await user.keyboard('{PageDown}{ArrowDown}')
  expect(active()).toHaveTextContent('tenor')
  await user.keyboard('{Home}')
  expect(active()).toHaveTextContent('alto')
})

it('leaves the active option where no option begins with the letter', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowDown}{End}x')
  expect(active()).toHaveTextContent('tenor')
  await user.keyboard('B')
  expect(active()).toHaveTextContent('bass')
})

it('takes the active option along with Tab, and lets the focus go on', async () => {
  const user = userEvent.setup()
  await user.tab()
  await user.keyboard('{ArrowDown}{End}')
  await user.tab()
  expect(button()).toHaveTextContent('tenor')
  expect(button()).toHaveAttribute('aria-expanded', 'false')
})

it('closes without a choice when something else is pressed', async () => {
  const user = userEvent.setup()
  await user.click(button())
  await user.hover(screen.getByRole('option', { name: /bass/ }))
  expect(active()).toHaveTextContent('bass')
  await user.click(document.body)
  expect(button()).toHaveAttribute('aria-expanded', 'false')
  expect(button()).toHaveTextContent('alto')
})

it('keeps the focus on its button all the time', async () => {
  const user = userEvent.setup()
  await user.click(button())
  expect(button()).toHaveFocus()
  await user.click(screen.getByRole('option', { name: /bass/ }))
  expect(button()).toHaveFocus()
})

it('has its list under its label, with the second line of each option', async () => {
  expect(screen.queryByRole('listbox')).toBeNull()
  await userEvent.click(button())
  expect(button()).toHaveAttribute('aria-controls', screen.getByRole('listbox', { name: 'Voice' }).id)
  expect(screen.getByRole('option', { name: /the tenor/ })).toBeVisible()
})
