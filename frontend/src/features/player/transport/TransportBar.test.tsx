import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { renderPart } from '@/testing/page'
import { aSession } from '@/testing/playerSession'
import { TransportBar } from './TransportBar'

async function setUp(mix = {}) {
  const session = aSession(mix)
  const open = vi.fn()
  const onMixer = vi.fn()
  renderPart(<TransportBar target={{ ...session, open }} onMixer={onMixer} />)
  await screen.findByRole('button', { name: 'Play' })
  return { ...session, open, onMixer, user: userEvent.setup() }
}

const button = (name: string) => screen.getByRole('button', { name })

describe('the transport bar', () => {
  it('plays and pauses, and says which of them its button does', async () => {
    const { player, user } = await setUp()
    await user.click(button('Play'))
    expect(player.snapshot().transport).toBe('playing')
    await user.click(button('Pause'))
    expect(player.snapshot().transport).toBe('paused')
  })

  it('goes to the start, and five seconds back and forward', async () => {
    const { player, user } = await setUp()
    player.at = 3000
    await user.click(button('Back 5 seconds'))
    expect(player.at).toBe(2500)
    await user.click(button('Forward 5 seconds'))
    expect(player.at).toBe(3000)
    await user.click(button('To start'))
    expect(player.at).toBe(0)
  })

  it('switches the loop, and shows whether it is on', async () => {
    const { user } = await setUp({ loop: { from: 1000, to: 2000, on: true } })
    expect(button('Loop')).toHaveAttribute('aria-pressed', 'true')
    await user.click(button('Loop'))
    expect(button('Loop')).toHaveAttribute('aria-pressed', 'false')
  })

  it('shows the length of the song', async () => {
    await setUp()
    expect(screen.getByText('/ 1:40.000')).toBeVisible()
  })

  it('lets one zoom out only once the view is zoomed', async () => {
    const { view, user } = await setUp()
    expect(button('Zoom out (−)')).toBeDisabled()
    await user.click(button('Zoom in (+)'))
    expect(view.snapshot().zoomed).toBe(true)
    await user.click(button('Zoom out (−)'))
    expect(view.snapshot().zoomed).toBe(false)
  })

  it('sets markers, follows the position, opens the keys and the mixer', async () => {
    const { editor, view, open, onMixer, user } = await setUp()
    await user.click(button('Set a marker (M)'))
    expect(editor.snapshot().mix.markers).toHaveLength(1)
    await user.click(button('Follow the position (F)'))
    expect(view.snapshot().follow).toBe(false)
    await user.click(button('Keys (?)'))
    expect(open).toHaveBeenCalledWith('help')
    await user.click(button('Mixer'))
    expect(onMixer).toHaveBeenCalled()
  })

  it('shows the master gain', async () => {
    const { editor } = await setUp()
    act(() => editor.setMaster(-6))
    expect(screen.getByText('−6.0 dB')).toBeVisible()
  })
})
