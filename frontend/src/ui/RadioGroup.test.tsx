import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { RadioGroup } from './RadioGroup'

const OPTIONS = [
  { value: 'flac', label: 'FLAC' },
  { value: 'wav', label: 'WAV' },
] as const

it('shows and changes the choice', async () => {
  const onChange = vi.fn()
  render(<RadioGroup legend="Format" options={OPTIONS} value="flac" onChange={onChange} />)
  expect(screen.getByRole('group', { name: 'Format' })).toBeVisible()
  expect(screen.getByRole('radio', { name: 'FLAC' })).toBeChecked()
  await userEvent.click(screen.getByRole('radio', { name: 'WAV' }))
  expect(onChange).toHaveBeenCalledWith('wav')
})

it('is a group of its own beside another one', () => {
  render(
    <>
      <RadioGroup legend="One" options={OPTIONS} value="flac" onChange={() => undefined} />
      <RadioGroup legend="Other" options={OPTIONS} value="wav" onChange={() => undefined} />
    </>,
  )
  const names = screen.getAllByRole('radio').map((radio) => radio.getAttribute('name'))
  expect(new Set(names).size).toBe(2)
})
