import { act, fireEvent, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubPointer } from '@/testing/browser'
import { renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { View } from '../state/view'
import { Overview } from './Overview'

beforeEach(() => {
  stubPointer()
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 100, 50))
})

/** A song of 100 s at 100 Hz, whose overview is 100 pixels wide. */
async function setUp(bounds = { from: 0, to: 10_000 }) {
  const session = { ...aSession(), view: new View(bounds) }
  session.view.setWidth(50)
  renderPart(
    <Overview
      session={session}
      data={aPlayer({ sampleRate: 100, frames: 10_000 })}
      title="Lithium"
      tools={<p>tools</p>}
    />,
  )
  return { ...session, slider: await screen.findByRole('slider', { name: 'Position' }) }
}

describe('the overview', () => {
  it('names the song and how long it is', async () => {
    await setUp()
    expect(screen.getByRole('heading', { level: 1, name: 'Lithium' })).toBeVisible()
    expect(screen.getByText('1:40')).toBeVisible()
    expect(screen.getByText('tools')).toBeVisible()
  })

  it('tells where the song is, for the ear', async () => {
    const { player, slider } = await setUp()
    act(() => player.seek(61.5))
    await vi.waitFor(() => expect(slider).toHaveAttribute('aria-valuenow', '61'))
    expect(slider).toHaveAttribute('aria-valuetext', '1 minute 1 second of 1 minute 40 seconds')
    expect(slider).toHaveAttribute('aria-valuemax', '100')
  })

  it('goes where it is pressed, and shows that place in the lanes', async () => {
    const { player, view, slider } = await setUp()
    act(() => view.show({ from: 0, to: 5000 }))
    fireEvent.pointerDown(slider, { button: 0, clientX: 80 })
    expect(player.at).toBe(8000)
    expect(view.snapshot().to).toBeGreaterThan(8000)
  })

  it('goes no further than its ends', async () => {
    const { player, slider } = await setUp()
    fireEvent.pointerDown(slider, { button: 0, clientX: 50 })
    fireEvent.pointerMove(slider, { clientX: 400 })
    expect(player.at).toBe(10_000)
    fireEvent.pointerMove(slider, { clientX: -30 })
    expect(player.at).toBe(0)
  })

  it('is of a clip the clip only', async () => {
    const { player, slider } = await setUp({ from: 2000, to: 6000 })
    expect(slider).toHaveAttribute('aria-valuemax', '40')
    expect(screen.getByText('0:40')).toBeVisible()
    fireEvent.pointerDown(slider, { button: 0, clientX: 50 })
    expect(player.at).toBe(4000)
  })

  it('turns the page of the lanes while the song plays, unless they are left alone', async () => {
    const { player, view } = await setUp()
    act(() => view.show({ from: 0, to: 5000 }))
    act(() => {
      player.play()
      player.seek(50)
    })
    await vi.waitFor(() => expect(view.snapshot().from).toBe(4500))
    act(() => view.setFollow(false))
    act(() => player.seek(90))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(view.snapshot().from).toBe(4500)
  })
})
