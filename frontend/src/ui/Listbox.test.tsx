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
