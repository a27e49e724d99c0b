import { fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubPointer } from '@/testing/browser'
import { SeekSurface } from './SeekSurface'

beforeEach(() => {
  stubPointer()
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({ left: 100, width: 200 } as DOMRect)
})

function setUp() {
  const onSeek = vi.fn()
  render(
    <SeekSurface
      className=""
      frameAt={(x, width) => (x / width) * 1000}
      onSeek={onSeek}
      slider={{ label: 'Position', min: 0, max: 100 }}
    />,
  )
  return { onSeek, surface: screen.getByRole('slider', { name: 'Position' }) }
}

describe('a surface to seek on', () => {
  it('goes where a mouse is pressed, and along with it', () => {
    const { onSeek, surface } = setUp()
    fireEvent.pointerDown(surface, { button: 0, clientX: 150, pointerType: 'mouse' })
    fireEvent.pointerMove(surface, { clientX: 200 })
    fireEvent.pointerUp(surface, { clientX: 200, pointerType: 'mouse' })
    expect(onSeek.mock.calls).toEqual([[250], [500]])
  })

  it('waits for a finger to move or lift, since it may be about to scroll', () => {
    const { onSeek, surface } = setUp()
    fireEvent.pointerDown(surface, { button: 0, clientX: 150, pointerType: 'touch' })
    expect(onSeek).not.toHaveBeenCalled()
    fireEvent.pointerUp(surface, { clientX: 150, pointerType: 'touch' })
    expect(onSeek.mock.calls).toEqual([[250]])
  })

  it('follows no pointer that was not pressed on it', () => {
    const { onSeek, surface } = setUp()
    fireEvent.pointerMove(surface, { clientX: 200 })
    fireEvent.pointerDown(surface, { button: 1, clientX: 200 })
    expect(onSeek).not.toHaveBeenCalled()
  })

  it('is hidden from screen readers where it is no slider', () => {
    const { container } = render(<SeekSurface className="" frameAt={() => 0} onSeek={() => undefined} />)
    expect(container.firstElementChild).toHaveAttribute('aria-hidden', 'true')
  })
})
