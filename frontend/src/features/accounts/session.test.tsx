import { QueryClient } from '@tanstack/react-query'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { problem, renderPage } from '@/testing/page'
import { cacheSession, createWatchedCaches, mustSignIn, toSafePath } from './session'

const STRANGER = { closed: true, signedIn: false }
const FRIEND = { closed: true, signedIn: true }

it('asks for the key before anything else, and goes on where it was to go', async () => {
  const asked: unknown[] = []
  const signIn = (body: unknown) => {
    asked.push(body)
    return FRIEND
  }
  const { history } = renderPage('/settings', { 'GET /api/session': STRANGER, 'POST /api/session': signIn })
  expect(await screen.findByRole('heading', { level: 1, name: 'This Stemset is closed' })).toBeVisible()
  const key = screen.getByLabelText('Key')
  expect(key).toHaveFocus()
  expect(key).toHaveAttribute('type', 'password')
  await userEvent.type(key, ' the key {Enter}')
  expect(await screen.findByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
  expect(asked).toEqual([{ key: 'the key' }])
  expect(history.location.pathname).toBe('/settings')
})

it('says what was wrong with a key, and lets another be tried', async () => {
  renderPage('/', {
    'GET /api/session': STRANGER,
    'POST /api/session': problem(401, 'This is not the key of this Stemset.'),
  })
  const key = await screen.findByLabelText('Key')
  await userEvent.type(key, 'a guess{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent('This is not the key of this Stemset.')
  expect(key).toBeInvalid()
  expect(key).toHaveValue('a guess')
})

it('does not ask on an open service, nor of whoever is signed in', async () => {
  renderPage('/settings', {})
  expect(await screen.findByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull()
})

it('does not ask while the server does not answer', async () => {
  const gone = () => {
    throw new TypeError('Failed to fetch')
  }
  renderPage('/settings', { 'GET /api/session': gone })
  expect(await screen.findByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
})

it('signs out, and asks again', async () => {
  const { history } = renderPage('/settings', {
    'GET /api/session': FRIEND,
    'DELETE /api/session': new Response(null, { status: 204 }),
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Sign out' }))
  expect(await screen.findByLabelText('Key')).toBeVisible()
  await waitFor(() => expect(history.location.pathname).toBe('/sign-in'))
})

it.each([
  ['/p/songs?x=1', '/p/songs?x=1'],
  ['https://elsewhere.example', '/'],
  ['//elsewhere.example', '/'],
  ['/\\elsewhere.example', '/'],
  ['/sign-in?next=/sign-in', '/'],
  [undefined, '/'],
])('goes on to addresses of this page only: %s', (next, then) => {
  expect(toSafePath(next)).toBe(then)
})

describe('caches that are watched', () => {
  const failing = (error: unknown) => () => Promise.reject(error)
  const watched = () => {
    const onUnauthorized = vi.fn()
    const defaultOptions = { queries: { retry: false }, mutations: { retry: false } }
    return { onUnauthorized, client: new QueryClient({ ...createWatchedCaches(onUnauthorized), defaultOptions }) }
  }
  const UNAUTHORIZED = { status: 401, detail: 'Sign in first.' }

  it('tell when the session has run out, whatever was asked', async () => {
    const { client, onUnauthorized } = watched()
    await client.fetchQuery({ queryKey: ['a'], queryFn: failing(UNAUTHORIZED) }).catch(() => {})
    expect(onUnauthorized).toHaveBeenCalledTimes(1)
    const mutation = client.getMutationCache().build(client, { mutationFn: failing(UNAUTHORIZED) })
    await mutation.execute(undefined).catch(() => {})
    expect(onUnauthorized).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['an absent thing', { status: 404, detail: 'There is none.' }],
    ['silence', new TypeError('Failed to fetch')],
  ])('say nothing of %s', async (_, error) => {
    const { client, onUnauthorized } = watched()
    await client.fetchQuery({ queryKey: ['a'], queryFn: failing(error) }).catch(() => {})
    expect(onUnauthorized).not.toHaveBeenCalled()
  })
})

describe('pages that open by a link of their own', () => {
  const stranger = () => {
    const client = new QueryClient()
    cacheSession(client, STRANGER)
    return client
  }

  it.each(['/s/abc', '/sign-in'])('do not wait for the key: %s', async (pathname) => {
    expect(await mustSignIn(stranger(), pathname)).toBe(false)
  })

  it.each(['/', '/settings', '/p/s/x', '/sign-in-twice', '/strategies'])('are no others: %s', async (pathname) => {
    expect(await mustSignIn(stranger(), pathname)).toBe(true)
  })
})
