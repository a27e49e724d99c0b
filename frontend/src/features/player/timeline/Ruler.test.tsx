import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it } from 'vitest'
import { stubPointer } from '@/testing/browser'
import { aSession } from '@/testing/playerSession'
import { Ruler } from './Ruler'

beforeEach(stubPointer)

function setUp(mix = {}) {
  const session = aSession(mix)
  const { container } = render(<Ruler session={session} beats={null} />)
  const surface = container.querySelector('[aria-hidden]') as HTMLElement
  return { ...session, surface, user: userEvent.setup() }
}

describe('the ruler', () => {
  it('goes where it is clicked', () => {
    const { player, editor, surface } = setUp()
    fireEvent.pointerDown(surface, { button: 0, clientX: 10 })
    fireEvent.pointerUp(surface, { clientX: 12 })
    expect(player.at).toBe(2400)
    expect(editor.snapshot().mix.loop).toBeNull()
  })

  it('makes a loop of a drag, in either direction', () => {
    const { player, editor, surface } = setUp()
    fireEvent.pointerDown(surface, { button: 0, clientX: 30 })
    fireEvent.pointerMove(surface, { clientX: 20 })
    fireEvent.pointerUp(surface, { clientX: 10 })
    expect(editor.snapshot().mix.loop).toEqual({ from: 2000, to: 6000, on: true })
    expect(player.at).toBe(0)
  })

  it('takes a drag as one step to undo', () => {
    const { editor, surface } = setUp()
    fireEvent.pointerDown(surface, { button: 0, clientX: 0 })
    for (const clientX of [10, 20, 30]) fireEvent.pointerMove(surface, { clientX })
    editor.undo()
    expect(editor.snapshot().mix.loop).toBeNull()
  })

  it('leaves other buttons and a cancelled press alone', () => {
    const { player, editor, surface } = setUp()
    fireEvent.pointerDown(surface, { button: 2, clientX: 10 })
    fireEvent.pointerUp(surface, { clientX: 40 })
    fireEvent.pointerDown(surface, { button: 0, clientX: 10 })
    fireEvent.pointerCancel(surface)
    fireEvent.pointerUp(surface, { clientX: 40 })
    expect(editor.snapshot().mix.loop).toBeNull()
    expect(player.at).toBe(0)
  })

  it('numbers bars where the beats are known', () => {
    const session = aSession()
    const { container } = render(<Ruler session={session} beats={{ bpm: 60, beatsPerBar: 4, offset: 0 }} />)
    const bars = [...container.querySelectorAll('.bar-tick')].map(({ textContent }) => textContent)
    expect(bars[0]).toBe('1')
    expect(bars.length).toBeLessThan(25)
  })
})

describe('markers', () => {
  const MARKERS = [
    { frame: 1000, label: 'Verse' },
    { frame: 5000, label: '' },
  ]

  it('stand in the ruler, with their names and times', () => {
    setUp({ markers: MARKERS })
    expect(screen.getByRole('button', { name: 'Marker Verse, 0:10.000' }).style.left).toBe('5px')
    expect(screen.getByRole('button', { name: 'Marker without a name, 0:50.000' })).toBeVisible()
  })

  it('can be named and taken away', async () => {
    const { editor, user } = setUp({ markers: [MARKERS[1] ?? { frame: 0, label: '' }] })
    await user.type(screen.getByRole('textbox', { name: 'Name', hidden: true }), 'Solo')
    expect(editor.snapshot().mix.markers).toEqual([{ frame: 5000, label: 'Solo' }])
    await user.click(screen.getByRole('button', { name: 'Remove', hidden: true }))
    expect(editor.snapshot().mix.markers).toEqual([])
  })

  it('lead to their place', async () => {
    const { player, user } = setUp({ markers: MARKERS })
    const [first] = screen.getAllByRole('button', { name: 'Go there', hidden: true })
    if (first) await user.click(first)
    expect(player.at).toBe(1000)
  })

  it('that are not in view are not drawn', () => {
    const session = aSession({ markers: MARKERS })
    session.view.show({ from: 0, to: 4300 })
    render(<Ruler session={session} beats={null} />)
    expect(screen.queryByRole('button', { name: /without a name/ })).toBeNull()
    expect(screen.getByRole('button', { name: /Verse/ })).toBeVisible()
  })
})
