import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { problem, renderPart } from '@/testing/page'
import { SignInScreen } from './SignInScreen'

const FRIEND = { closed: true, signedIn: true }

async function setUp(answer: unknown = FRIEND) {
  const onSignedIn = vi.fn()
  const signIn = vi.fn(() => answer)
  renderPart(<SignInScreen onSignedIn={onSignedIn} />, { 'POST /api/session': signIn })
  return { onSignedIn, signIn, key: await screen.findByLabelText('Key'), user: userEvent.setup() }
}

describe('signing in', () => {
  it('goes on once the server has accepted the key', async () => {
    const { onSignedIn, signIn, key, user } = await setUp()
    await user.type(key, 'open sesame')
    await user.click(screen.getByRole('button', { name: 'Sign in' }))
    await waitFor(() => expect(onSignedIn).toHaveBeenCalledOnce())
    expect(signIn).toHaveBeenCalledExactlyOnceWith({ key: 'open sesame' })
  })

  it('asks nothing of the server for a key of spaces', async () => {
    const { onSignedIn, signIn, key, user } = await setUp()
    await user.type(key, '   {Enter}')
    expect(signIn).not.toHaveBeenCalled()
    expect(onSignedIn).not.toHaveBeenCalled()
  })

  it('asks once, however often the button is pressed', async () => {
    const { signIn, key, user } = await setUp(new Promise(() => {}))
    await user.type(key, 'a key{Enter}')
    const button = await screen.findByRole('button', { name: 'Signing in…' })
    expect(button).toHaveAttribute('aria-disabled', 'true')
    await user.click(button)
    await user.type(key, '{Enter}')
    expect(signIn).toHaveBeenCalledOnce()
  })

  it('leads back to the field when the key is refused, and says why beside it', async () => {
    const { onSignedIn, key, user } = await setUp(problem(401, 'This is not the key.'))
    await user.type(key, 'a guess')
    await user.click(screen.getByRole('button', { name: 'Sign in' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('This is not the key.')
    expect(key).toHaveFocus()
    expect(key).toHaveAccessibleDescription('This is not the key.')
    expect(onSignedIn).not.toHaveBeenCalled()
  })

  it('says how long to wait after too many guesses, in the server’s words', async () => {
    const { key, user } = await setUp(problem(429, 'Too many wrong keys. Try again in 30 seconds.'))
    await user.type(key, 'a guess{Enter}')
    expect(await screen.findByRole('alert')).toHaveTextContent('Try again in 30 seconds.')
  })
})
