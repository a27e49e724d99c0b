import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { aSession } from '@/testing/playerSession'
import { MixTools } from './Tools'

function setUp() {
  const session = aSession({}, ['drums', 'bass', 'vocals'])
  render(<MixTools session={session} />)
  return { ...session, user: userEvent.setup() }
}

const button = (name: string) => screen.getByRole('button', { name, hidden: true })

describe('the tools of the mix', () => {
  it('undo and redo as far as there is something to', async () => {
    const { editor, user } = setUp()
    expect(button('Undo (Ctrl Z)')).toBeDisabled()
    act(() => editor.setMuted('drums', true))
    expect(button('Redo (Ctrl Y)')).toBeDisabled()
    await user.click(button('Undo (Ctrl Z)'))
    expect(editor.snapshot().mix.strips).toEqual({})
    await user.click(button('Redo (Ctrl Y)'))
    expect(editor.snapshot().mix.strips.drums?.muted).toBe(true)
  })

  it('make a karaoke mix with one press', async () => {
    const { editor, user } = setUp()
    await user.click(button('Karaoke'))
    const { strips } = editor.snapshot().mix
    expect([strips.drums?.muted, strips.bass?.muted, strips.vocals?.muted]).toEqual([false, false, true])
  })

  it('let one stem be heard alone, as one step to undo', async () => {
    const { editor, user } = setUp()
    await user.click(button('Bass alone'))
    expect(editor.snapshot().mix.strips.bass?.soloed).toBe(true)
    await user.click(button('Undo (Ctrl Z)'))
    expect(editor.snapshot().canUndo).toBe(false)
  })
})
