import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { getSessionQueryKey } from '@/api/generated/@tanstack/react-query.gen'
import { pins } from '@/features/offline'
import { problem, renderPart } from '@/testing/page'
import { Access } from './Access'

const FRIEND = { closed: true, signedIn: true }
const signOut = async () => userEvent.click(await screen.findByRole('button', { name: 'Sign out' }))

it('is nothing on a service that is open to everybody', async () => {
  renderPart(
    <>
      <p>beside</p>
      <Access />
    </>,
    { 'GET /api/session': { closed: false, signedIn: true } },
  )
  await screen.findByText('beside')
  await waitFor(() => expect(screen.queryByRole('region')).toBeNull())
})

it('forgets all that was read with the key, and what is kept on this device', async () => {
  const clear = vi.spyOn(pins, 'clear').mockResolvedValue()
  let signedIn = true
  const end = () => {
    signedIn = false
    return new Response(null, { status: 204 })
  }
  const { queryClient } = renderPart(<Access />, {
    'GET /api/session': () => ({ closed: true, signedIn }),
    'DELETE /api/session': end,
  })
  queryClient.setQueryData(['secret'], 'a title')
  await signOut()
  await waitFor(() => expect(queryClient.getQueryData(getSessionQueryKey())).toEqual({ closed: true, signedIn: false }))
  expect(clear).toHaveBeenCalledOnce()
  expect(queryClient.getQueryData(['secret'])).toBeUndefined()
})

it('keeps everything, and says why, when signing out does not work', async () => {
  const clear = vi.spyOn(pins, 'clear').mockResolvedValue()
  renderPart(<Access />, { 'GET /api/session': FRIEND, 'DELETE /api/session': problem(503, 'The server restarts.') })
  await signOut()
  expect(await screen.findByRole('alert')).toHaveTextContent('The server restarts.')
  expect(clear).not.toHaveBeenCalled()
})
