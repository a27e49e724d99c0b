import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { aSession } from '@/testing/playerSession'
import { Readouts } from './Readouts'

function setUp(mix = {}) {
  const session = aSession(mix)
  render(<Readouts player={session.player} editor={session.editor} />)
  return { ...session, user: userEvent.setup() }
}

const tempo = () => screen.getByRole('spinbutton', { name: 'Tempo, %' })
const pitch = () => screen.getByRole('spinbutton', { name: 'Pitch, st' })

describe('the readouts', () => {
  it('show the loop in minutes and seconds, or that there is none', () => {
    setUp({ loop: { from: 1804, to: 6250, on: true } })
    expect(screen.getByText('0:18.0 – 1:02.5')).toBeVisible()
  })

  it('say that there is no loop', () => {
    setUp()
    expect(screen.getByText('none')).toBeVisible()
  })

  it('take a typed tempo when the field is left', async () => {
    const { editor, user } = setUp()
    await user.clear(tempo())
    await user.type(tempo(), '80')
    expect(editor.snapshot().mix.tempo).toBe(1)
    await user.tab()
    expect(editor.snapshot().mix.tempo).toBe(0.8)
  })

  it('take it on Enter, too', async () => {
    const { editor, user } = setUp()
    await user.clear(pitch())
    await user.type(pitch(), '-3{Enter}')
    expect(editor.snapshot().mix.pitch).toBe(-3)
  })

  it('keep within what the player can do', async () => {
    const { editor, user } = setUp()
    await user.clear(tempo())
    await user.type(tempo(), '900{Enter}')
    expect(editor.snapshot().mix.tempo).toBe(2)
    expect(tempo()).toHaveValue(200)
    expect(pitch()).toHaveAttribute('min', '-12')
    expect(pitch()).toHaveAttribute('max', '12')
  })

  it('put back what was there when nothing sensible was typed', async () => {
    const { editor, user } = setUp({ tempo: 0.75 })
    await user.clear(tempo())
    await user.tab()
    expect(tempo()).toHaveValue(75)
    expect(editor.snapshot().mix.tempo).toBe(0.75)
  })

  it('take the steps of arrows and wheel at once', () => {
    const { editor } = setUp()
    // A step comes as an event without an input type.
    fireEvent(tempo(), Object.assign(new Event('input', { bubbles: true }), {}))
    fireEvent.change(tempo(), { target: { value: '105' } })
    expect(editor.snapshot().mix.tempo).toBe(1.05)
  })
})
