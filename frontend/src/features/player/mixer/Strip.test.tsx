import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { aSession } from '@/testing/playerSession'
import { stripOf } from '../state/mix'
import { type PlayerSession, useMixEditor } from '../state/playerSession'
import { Strip } from './Strip'

function Part({ session }: { session: PlayerSession }) {
  const { mix } = useMixEditor(session.editor)
  return <Strip session={session} stem="vocals" label="Vocals" strip={stripOf(mix, 'vocals')} audible />
}

function setUp() {
  const session = aSession()
  render(<Part session={session} />)
  const strip = () => stripOf(session.editor.snapshot().mix, 'vocals')
  return { ...session, strip, user: userEvent.setup() }
}

describe('a strip', () => {
  it('mutes and solos, and shows both', async () => {
    const { strip, user } = setUp()
    await user.click(screen.getByRole('button', { name: 'Mute Vocals' }))
    await user.click(screen.getByRole('button', { name: 'Solo Vocals' }))
    expect(strip()).toMatchObject({ muted: true, soloed: true })
    expect(screen.getByRole('button', { name: 'Mute Vocals' })).toHaveAttribute('aria-pressed', 'true')
    await user.click(screen.getByRole('button', { name: 'Mute Vocals' }))
    expect(strip().muted).toBe(false)
  })

  it('moves its fader in decibels, down to silence, and back to 0 dB with a double click', () => {
    const { strip } = setUp()
    const fader = screen.getByRole('slider', { name: 'Vocals volume' })
    fireEvent.change(fader, { target: { value: '0' } })
    expect(strip().gain).toBe(Number.NEGATIVE_INFINITY)
    expect(fader).toHaveAttribute('aria-valuetext', '−∞ dB')
    fireEvent.change(fader, { target: { value: '100' } })
    expect(strip().gain).toBe(6)
    fireEvent.doubleClick(fader)
    expect(strip().gain).toBe(0)
    expect(screen.getByText('0.0 dB')).toBeVisible()
  })

  it('pans, says where to, and goes back to the centre with a double click', () => {
    const { strip } = setUp()
    const pan = screen.getByRole('slider', { name: 'Vocals pan' })
    fireEvent.change(pan, { target: { value: '-40' } })
    expect(strip().pan).toBe(-0.4)
    expect(pan).toHaveAttribute('aria-valuetext', '40 % left')
    fireEvent.doubleClick(pan)
    expect(strip().pan).toBe(0)
    expect(pan).toHaveAttribute('aria-valuetext', 'centre')
  })
})
