import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import type { ClipRequest } from '@/api/generated'
import { problem, renderPart } from '@/testing/page'
import { aClip, aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { Clips } from './Clips'

const LIST = 'GET /api/recordings/recording-1/clips'
const CREATE = 'POST /api/recordings/recording-1/clips'
const LOOP = { from: 44_100, to: 88_200, on: true }

const CLIP = aClip()

async function setUp(mix = {}, answers = {}) {
  const session = aSession(mix)
  renderPart(<Clips session={session} data={aPlayer()} />, { [LIST]: [], ...answers })
  await screen.findByRole('heading', { name: 'Clips' })
  return { ...session, user: userEvent.setup() }
}

describe('clips', () => {
  it('need a loop first', async () => {
    await setUp()
    expect(screen.getByText(/Set a loop first/)).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Keep the loop as a clip' })).toBeNull()
    expect(await screen.findByText('There is no clip yet.')).toBeVisible()
  })

  it('lead to their own page, with their range', async () => {
    await setUp({}, { [LIST]: [CLIP] })
    expect(await screen.findByRole('link', { name: 'Solo' })).toHaveAttribute('href', '/p/demo/clips/clip-1')
    expect(screen.getByText('0:01.0 – 0:03.0')).toBeVisible()
  })

  it('keep the loop under a name, with the mix as it is', async () => {
    const bodies: ClipRequest[] = []
    const { user } = await setUp(
      { loop: LOOP, master: -6 },
      {
        [CREATE]: (body: ClipRequest) => {
          bodies.push(body)
          return CLIP
        },
      },
    )
    await user.type(screen.getByRole('textbox', { name: 'Name of the clip' }), '  Solo ')
    await user.click(screen.getByRole('button', { name: 'Keep the loop as a clip' }))
    await waitFor(() => expect(bodies).toHaveLength(1))
    expect(bodies[0]).toMatchObject({
      title: 'Solo',
      start: 44_100,
      end: 88_200,
      jobId: 'job-1',
      mix: { masterDb: -6 },
    })
    expect(screen.getByRole('textbox', { name: 'Name of the clip' })).toHaveValue('')
  })

  it('are named by their range where no name was given', async () => {
    const bodies: ClipRequest[] = []
    const { user } = await setUp(
      { loop: LOOP },
      {
        [CREATE]: (body: ClipRequest) => {
          bodies.push(body)
          return CLIP
        },
      },
    )
    await user.click(screen.getByRole('button', { name: 'Keep the loop as a clip' }))
    await waitFor(() => expect(bodies[0]?.title).toBe('Clip 0:01.0 – 0:02.0'))
  })

  it('are gone from the list once they are deleted', async () => {
    let clips = [CLIP]
    const { user } = await setUp(
      {},
      {
        [LIST]: () => clips,
        'DELETE /api/clips/clip-1': () => {
          clips = []
          return new Response(null, { status: 204 })
        },
      },
    )
    await user.click(await screen.findByRole('button', { name: 'Delete the clip Solo' }))
    expect(await screen.findByText('There is no clip yet.')).toBeVisible()
  })

  it('say why one could not be kept', async () => {
    const { user } = await setUp({ loop: LOOP }, { [CREATE]: problem(422, 'The clip is too short.') })
    await user.click(screen.getByRole('button', { name: 'Keep the loop as a clip' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('The clip is too short.')
  })
})
