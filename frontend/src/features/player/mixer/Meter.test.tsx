import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Level } from '@/audio'
import { FakePlayer } from '@/testing/fakePlayer'
import { Meter } from './Meter'

let frame: FrameRequestCallback | null = null

beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    frame = callback
    return 1
  })
  vi.stubGlobal('cancelAnimationFrame', () => undefined)
})
afterEach(() => vi.unstubAllGlobals())

function setUp(first: Level) {
  const player = new FakePlayer()
  const clear = vi.spyOn(player, 'clearClips')
  let level = first
  const { container } = render(<Meter player={player} label="Vocals" level={() => level} />)
  const draw = (next: Level) => {
    level = next
    act(() => frame?.(performance.now()))
    return container.querySelector<HTMLElement>('.meter')?.style.clipPath
  }
  return { draw, clear, user: userEvent.setup() }
}

const quiet: Level = { peak: 0, rms: 0, clipped: false }

describe('a meter', () => {
  it('is full at full scale, half at -27 dB and empty below -54 dB', () => {
    expect(setUp(quiet).draw({ ...quiet, peak: 1 })).toBe('inset(0 0% 0 0)')
    expect(setUp(quiet).draw({ ...quiet, peak: 10 ** (-27 / 20) })).toBe('inset(0 50% 0 0)')
    expect(setUp(quiet).draw({ ...quiet, peak: 0.001 })).toBe('inset(0 100% 0 0)')
  })

  it('falls slowly, so that a peak can be seen', () => {
    const { draw } = setUp(quiet)
    draw({ ...quiet, peak: 1 })
    expect(draw(quiet)).toBe('inset(0 10% 0 0)')
    expect(draw(quiet)).toBe('inset(0 19% 0 0)')
  })

  it('shows that full scale was exceeded until somebody clears it', async () => {
    const { draw, clear, user } = setUp(quiet)
    draw({ peak: 1.2, rms: 0.5, clipped: true })
    await user.click(screen.getByRole('button', { name: 'Vocals was too loud for full scale; click to clear' }))
    expect(clear).toHaveBeenCalled()
    expect(screen.queryByRole('button')).toBeNull()
  })
})
