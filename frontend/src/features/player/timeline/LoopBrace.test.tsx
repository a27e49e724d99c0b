import { fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { stubPointer } from '@/testing/browser'
import { aSession } from '@/testing/playerSession'
import { LoopBrace } from './LoopBrace'

beforeEach(stubPointer)

function setUp() {
  const session = aSession({ loop: { from: 2000, to: 6000, on: true } })
  render(<LoopBrace session={session} />)
  return { ...session, loop: () => session.editor.snapshot().mix.loop }
}

const start = () => screen.getByRole('slider', { name: 'Loop start' })
const end = () => screen.getByRole('slider', { name: 'Loop end' })

describe('the loop in the ruler', () => {
  it('is not there without a loop', () => {
    render(<LoopBrace session={aSession()} />)
    expect(screen.queryByRole('slider')).toBeNull()
  })

  it('has its ends where they are in view, and says where they are in the song', () => {
    setUp()
    expect(start().style.left).toBe('10px')
    expect(end().style.left).toBe('30px')
    expect(start()).toHaveAttribute('aria-valuetext', '20 seconds')
    expect(end()).toHaveAttribute('aria-valuenow', '60')
  })

  it('moves an end by a tenth of a second with an arrow, by a second with Shift', () => {
    const { loop } = setUp()
    fireEvent.keyDown(start(), { key: 'ArrowRight' })
    expect(loop()?.from).toBe(2010)
    fireEvent.keyDown(end(), { key: 'ArrowLeft', shiftKey: true })
    expect(loop()?.to).toBe(5900)
    fireEvent.keyDown(start(), { key: 'Enter' })
    expect(loop()).toEqual({ from: 2010, to: 5900, on: true })
  })

  it('moves an end with the pointer', () => {
    const { loop } = setUp()
    fireEvent.pointerMove(end(), { clientX: 45 })
    expect(loop()?.to).toBe(6000)
    fireEvent.pointerDown(end())
    fireEvent.pointerMove(end(), { clientX: 40 })
    expect(loop()).toEqual({ from: 2000, to: 8000, on: true })
  })

  it('lets no end pass the other: the shortest loop stays', () => {
    const { loop } = setUp()
    fireEvent.pointerDown(start())
    fireEvent.pointerMove(start(), { clientX: 45 })
    expect(loop()).toEqual({ from: 5999, to: 6004, on: true })
  })
})
