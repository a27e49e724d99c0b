import { act, render } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Waveform } from './Waveform'

/** Heights of the bars that were drawn, from left to right. */
let bars: { x: number; height: number }[]
let resized: () => void

beforeEach(() => {
  bars = []
  resized = () => {}
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: () => void) {
        resized = callback
      }
      observe() {}
      disconnect() {
        resized = () => {}
      }
    },
  )
  vi.spyOn(HTMLCanvasElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 30, 100))
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({
    scale() {},
    beginPath() {},
    fill() {},
    roundRect: (x: number, _y: number, _width: number, height: number) => bars.push({ x, height }),
  } as unknown as RenderingContext)
})

const heights = () => bars.map(({ height }) => height)

describe('a waveform', () => {
  it('has a bar for every three pixels, the loudest as high as all may be', () => {
    render(<Waveform peaks={[0, 0, 0, 0, 0, 1, 2, 3, 4, 10]} />)
    act(() => resized())
    expect(bars.map(({ x }) => x)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27])
    expect(Math.max(...heights())).toBeCloseTo(92)
    expect(heights().at(-1)).toBeCloseTo(92)
  })

  it('shows silence as a thin line, and no bar below it', () => {
    render(<Waveform peaks={[0, 0, 0]} />)
    act(() => resized())
    expect(new Set(heights())).toEqual(new Set([1.2]))
  })

  it('lifts quiet passages, but keeps their order', () => {
    render(<Waveform peaks={[1, 2, 4, 8, 16, 32, 64, 128, 256, 512]} />)
    act(() => resized())
    expect(heights()).toEqual(heights().toSorted((a, b) => a - b))
    expect(heights()[5]).toBeGreaterThan((32 / 512) * 92)
  })

  it('draws nothing that would not be seen', () => {
    vi.spyOn(HTMLCanvasElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 0, 0))
    render(<Waveform peaks={[1, 2]} />)
    act(() => resized())
    expect(bars).toEqual([])
  })

  it('is decoration: readers hear nothing of it', () => {
    const { container } = render(<Waveform peaks={[1]} />)
    expect(container.querySelector('canvas')?.closest('[aria-hidden=true]')).not.toBeNull()
  })

  it('looks no more at its size once it is gone', () => {
    const { unmount } = render(<Waveform peaks={[1, 2]} />)
    unmount()
    resized()
    expect(bars).toEqual([])
  })
})
