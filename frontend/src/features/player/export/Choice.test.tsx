import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { Choice } from './Choice'

const OPTIONS = [
  { value: 'wav', label: 'WAV', hint: 'as large as it gets' },
  { value: 'mp3', label: 'MP3' },
] as const

it('is one of a few, each with what there is to know of it', async () => {
  const onChange = vi.fn()
  render(
    <Choice legend="Format" value="wav" disabled={false} onChange={onChange}>
      {OPTIONS}
    </Choice>,
  )
  expect(screen.getByRole('radio', { name: /as large as it gets/ })).toBeChecked()
  await userEvent.click(screen.getByRole('radio', { name: 'MP3' }))
  expect(onChange).toHaveBeenCalledExactlyOnceWith('mp3')
})

it('cannot be changed while it counts', async () => {
  const onChange = vi.fn()
  render(
    <Choice legend="Format" value="wav" disabled onChange={onChange}>
      {OPTIONS}
    </Choice>,
  )
  await userEvent.click(screen.getByRole('radio', { name: 'MP3' }))
  expect(screen.getByRole('group', { name: 'Format' })).toBeDisabled()
  expect(onChange).not.toHaveBeenCalled()
})

it('moves with the arrows', async () => {
  const onChange = vi.fn()
  render(
    <Choice legend="Format" value="wav" disabled={false} onChange={onChange}>
      {OPTIONS}
    </Choice>,
  )
  await userEvent.tab()
  await userEvent.keyboard('{ArrowDown}')
  expect(onChange).toHaveBeenCalledWith('mp3')
})
