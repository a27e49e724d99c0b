import { describe, expect, it, vi } from 'vitest'
import { FINEST, View } from './view'

function shown(from = 0, to = 1_000_000): View {
  const view = new View({ from, to })
  view.setWidth(1000)
  return view
}

describe('the view', () => {
  it('shows the whole song, at any width', () => {
    const view = shown()
    expect(view.snapshot()).toMatchObject({ from: 0, to: 1_000_000, scale: 1000, zoomed: false })
    view.setWidth(500)
    expect(view.snapshot()).toMatchObject({ from: 0, to: 1_000_000, scale: 2000 })
  })

  it('keeps the place where it was when it zooms', () => {
    const view = shown()
    const before = view.xOf(300_000)
    view.zoom(4, 300_000)
    expect(view.snapshot().scale).toBe(250)
    expect(view.xOf(300_000)).toBeCloseTo(before)
    view.zoom(1 / 8, 300_000)
    expect(view.snapshot().zoomed).toBe(false)
  })

  it('goes no closer than the finest waveform', () => {
    const view = shown()
    view.zoom(1e9, 0)
    expect(view.snapshot().scale).toBe(FINEST)
  })

  it('never leaves the song', () => {
    const view = shown()
    view.zoom(2, 1_000_000)
    view.scrollBy(1e9)
    expect(view.snapshot().to).toBe(1_000_000)
    view.scrollBy(-1e9)
    expect(view.snapshot().from).toBe(0)
  })

  it('turns the page when the playhead leaves, and only then', () => {
    const view = shown()
    view.zoom(10, 0)
    const listener = vi.fn()
    view.subscribe(listener)
    view.reveal(50_000)
    expect(listener).not.toHaveBeenCalled()
    view.reveal(99_000)
    expect(view.snapshot().from).toBe(89_000)
  })

  it('is bound to a clip', () => {
    const view = shown(200, 300)
    expect(view.snapshot()).toMatchObject({ from: 200, to: 300, zoomed: false })
    expect([view.frameAt(-50), view.frameAt(500), view.frameAt(5000)]).toEqual([200, 250, 300])
  })

  it('shows a song of a second as it is', () => {
    const view = shown(0, 8000)
    view.zoom(2, 0)
    expect(view.snapshot()).toMatchObject({ from: 0, to: 8000, zoomed: false })
  })
})
