import { fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubDialog } from '@/testing/browser'
import { renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { MixerDialog } from './MixerDialog'

beforeEach(stubDialog)

async function setUp(onShare: (() => void) | null = null) {
  const session = aSession({}, ['drums', 'bass', 'vocals', 'other'])
  const onClose = vi.fn()
  renderPart(<MixerDialog session={session} data={aPlayer()} onShare={onShare} onClose={onClose} />)
  await screen.findByRole('dialog', { name: 'Mixer' })
  return { ...session, onClose, mix: () => session.editor.snapshot().mix, user: userEvent.setup() }
}

describe('the mixer of a narrow screen', () => {
  it('has a fader for each stem and for the master', async () => {
    const { mix } = await setUp()
    fireEvent.change(screen.getByRole('slider', { name: 'Bass volume' }), { target: { value: '0' } })
    fireEvent.change(screen.getByRole('slider', { name: 'Master volume' }), { target: { value: '100' } })
    expect(mix().strips.bass?.gain).toBe(Number.NEGATIVE_INFINITY)
    expect(mix().master).toBe(6)
  })

  it('switches the limiter', async () => {
    const { mix, user } = await setUp()
    await user.click(screen.getByRole('checkbox', { name: /Limiter/ }))
    expect(mix().limiter).toBe(true)
  })

  it('undoes and redoes', async () => {
    const { mix, user } = await setUp()
    await user.click(screen.getByRole('button', { name: 'Mute Drums' }))
    await user.click(screen.getByRole('button', { name: 'Undo' }))
    expect(mix().strips).toEqual({})
    await user.click(screen.getByRole('button', { name: 'Redo' }))
    expect(mix().strips.drums?.muted).toBe(true)
  })

  it('leads to sharing only where that is allowed', async () => {
    await setUp()
    expect(screen.queryByRole('button', { name: 'Share' })).toBeNull()
  })

  it('leads to sharing', async () => {
    const onShare = vi.fn()
    const { user } = await setUp(onShare)
    await user.click(screen.getByRole('button', { name: 'Share' }))
    expect(onShare).toHaveBeenCalled()
  })
})
