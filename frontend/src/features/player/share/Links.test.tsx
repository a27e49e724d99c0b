import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { Share, ShareRequest } from '@/api/generated'
import { problem, renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { Links } from './Links'

const LIST = 'GET /api/recordings/recording-1/shares'
const CREATE = 'POST /api/recordings/recording-1/shares'

const SHARE: Share = {
  token: 'abc',
  recordingId: 'recording-1',
  jobId: 'job-1',
  mix: {},
  createdAt: '2026-11-20T17:00:00Z',
}

async function setUp(answers = {}, mix = {}) {
  const user = userEvent.setup()
  const session = aSession(mix)
  renderPart(<Links session={session} data={aPlayer()} />, { [LIST]: [], ...answers })
  await screen.findByRole('heading', { name: 'Links' })
  return { user }
}

describe('links', () => {
  it('says when there is none', async () => {
    await setUp()
    expect(await screen.findByText('There is no link yet.')).toBeVisible()
  })

  it('are made of the mix as it is, and copied', async () => {
    const bodies: ShareRequest[] = []
    let shares: Share[] = []
    const { user } = await setUp(
      {
        [LIST]: () => shares,
        [CREATE]: (body: ShareRequest) => {
          bodies.push(body)
          shares = [SHARE]
          return SHARE
        },
      },
      { tempo: 0.8 },
    )
    await user.click(screen.getByRole('button', { name: 'Make a link to this mix' }))
    expect(await screen.findByText('The link is made and copied.')).toBeVisible()
    expect(bodies[0]).toMatchObject({ jobId: 'job-1', mix: { tempo: 0.8 } })
    expect(await navigator.clipboard.readText()).toBe(`${location.origin}/s/abc`)
    expect(screen.getByRole('textbox', { name: /^Link, made/ })).toHaveValue(`${location.origin}/s/abc`)
  })

  it('are made, too, where the browser copies nothing', async () => {
    const { user } = await setUp({ [CREATE]: SHARE, [LIST]: [SHARE] })
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('', 'NotAllowedError'))
    await user.click(screen.getByRole('button', { name: 'Make a link to this mix' }))
    expect(await screen.findByText('The link is made.')).toBeVisible()
  })

  it('can be copied again', async () => {
    const { user } = await setUp({ [LIST]: [SHARE] })
    await user.click(await screen.findByRole('button', { name: 'Copy' }))
    expect(await screen.findByText('Copied.')).toBeVisible()
  })

  it('can be revoked', async () => {
    let shares = [SHARE]
    const { user } = await setUp({
      [LIST]: () => shares,
      'DELETE /api/recordings/recording-1/shares/abc': () => {
        shares = []
        return new Response(null, { status: 204 })
      },
    })
    await user.click(await screen.findByRole('button', { name: /^Revoke the link of/ }))
    await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull())
  })

  it('say why one could not be made', async () => {
    const { user } = await setUp({ [CREATE]: problem(404, 'No such job.') })
    await user.click(screen.getByRole('button', { name: 'Make a link to this mix' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('No such job.')
  })
})
