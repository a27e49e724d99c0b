import { render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { aSession } from '@/testing/playerSession'
import type { CommandTarget } from './keys'
import { useShortcuts } from './useShortcuts'

function Part({ target }: { target: CommandTarget }) {
  useShortcuts(target)
  return <input aria-label="Name" />
}

function setUp() {
  const session = aSession()
  const opened: string[] = []
  const target = { ...session, open: (dialog: string) => opened.push(dialog) }
  const { unmount, getByLabelText } = render(<Part target={target} />)
  return { ...session, opened, unmount, field: () => getByLabelText('Name') }
}

it('keys work wherever the focus is not in a field of their own', async () => {
  const user = userEvent.setup()
  const { player, opened } = setUp()
  await user.keyboard(' ')
  expect(player.snapshot().transport).toBe('playing')
  await user.keyboard('e')
  expect(opened).toEqual(['export'])
})

it('what is typed into a field is no command', async () => {
  const user = userEvent.setup()
  const { player, opened, field } = setUp()
  await user.click(field())
  await user.keyboard('e m')
  expect(field()).toHaveValue('e m')
  expect(opened).toEqual([])
  expect(player.snapshot().transport).toBe('paused')
})

it('a key that somebody else has taken is left alone', async () => {
  const user = userEvent.setup()
  const { opened } = setUp()
  const take = (event: Event) => event.preventDefault()
  document.addEventListener('keydown', take)
  await user.keyboard('e')
  document.removeEventListener('keydown', take)
  expect(opened).toEqual([])
})

it('keys do nothing once the player is gone', async () => {
  const user = userEvent.setup()
  const { player, unmount } = setUp()
  unmount()
  await user.keyboard(' ')
  expect(player.snapshot().transport).toBe('paused')
})
