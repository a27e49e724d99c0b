import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import type { SavedMix } from '@/api/generated'
import { problem, renderPart } from '@/testing/page'
import { aSession } from '@/testing/playerSession'
import { SaveNote } from './SaveNote'

const SAVED: SavedMix = { recordingId: 'recording-1', version: 3, mix: {}, updatedAt: null }
const MIX = '/api/recordings/recording-1/mix'

async function setUp(put: unknown, get: unknown = SAVED) {
  const session = aSession()
  renderPart(<SaveNote recordingId="recording-1" editor={session.editor} saved={SAVED} />, {
    [`PUT ${MIX}`]: put,
    [`GET ${MIX}`]: get,
  })
  await screen.findByRole('status')
  return { ...session, user: userEvent.setup() }
}

describe('saving the mix', () => {
  it('sends the mix once nothing has changed for a moment', async () => {
    const bodies: { masterDb: number }[] = []
    const { editor } = await setUp((body: { masterDb: number }) => {
      bodies.push(body)
      return { ...SAVED, version: 4 }
    })
    act(() => editor.setMaster(-3))
    act(() => editor.setMaster(-6))
    await waitFor(() => expect(bodies).toHaveLength(1))
    expect(bodies[0]?.masterDb).toBe(-6)
    expect(screen.getByRole('status')).toHaveTextContent('')
  })

  it('says that it could not be saved', async () => {
    const { editor } = await setUp(problem(503, 'busy'))
    act(() => editor.setMaster(-6))
    await waitFor(() =>
      expect(screen.getByRole('status')).toHaveTextContent('The mix could not be saved; trying again'),
    )
  })

  it('asks whose mix counts when somebody else has saved one, and takes theirs', async () => {
    const theirs: SavedMix = { ...SAVED, version: 9, mix: { masterDb: -12 } }
    const { editor, user } = await setUp(problem(412, 'stale'), theirs)
    act(() => editor.setMaster(-6))
    expect(await screen.findByRole('alert')).toHaveTextContent('This mix was changed in another window.')
    await user.click(screen.getByRole('button', { name: 'Take that one' }))
    await waitFor(() => expect(editor.snapshot().mix.master).toBe(-12))
    expect(screen.queryByRole('alert')).toBeNull()
    expect(editor.snapshot().canUndo).toBe(false)
  })

  it('keeps the mix on screen when that is asked for, over the other one', async () => {
    let stale = true
    const bodies: unknown[] = []
    const put = (body: unknown) => {
      if (stale) return problem(412, 'stale')
      bodies.push(body)
      return { ...SAVED, version: 10 }
    }
    const { editor, user } = await setUp(put, { version: 9, mix: { masterDb: -12 }, updatedAt: null })
    act(() => editor.setMaster(-6))
    await screen.findByRole('alert')
    stale = false
    await user.click(screen.getByRole('button', { name: 'Keep mine' }))
    await waitFor(() => expect(bodies).toMatchObject([{ masterDb: -6 }]))
    expect(editor.snapshot().mix.master).toBe(-6)
  })
})
