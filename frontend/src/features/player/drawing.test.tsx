import { act, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakePlayer } from '@/testing/fakePlayer'
import { useAnimationFrames, useDrawOnChange } from './drawing'

const pending = new Map<number, FrameRequestCallback>()
let number = 0
let now = 0

/** Lets one animation frame come. */
function frame(at = now) {
  now = at
  const callbacks = [...pending.values()]
  pending.clear()
  act(() => {
    for (const callback of callbacks) callback(at)
  })
}

beforeEach(() => {
  pending.clear()
  now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  vi.spyOn(window, 'requestAnimationFrame').mockImplementation((callback) => {
    pending.set(++number, callback)
    return number
  })
  vi.spyOn(window, 'cancelAnimationFrame').mockImplementation((request) => void pending.delete(request))
})
afterEach(() => vi.restoreAllMocks())

describe('useAnimationFrames', () => {
  it('draws on every frame while the song moves', () => {
    const player = new FakePlayer()
    const draw = vi.fn()
    renderHook(() => useAnimationFrames(player, draw))
    player.play()
    for (const at of [1000, 2000, 3000]) frame(at)
    expect(draw).toHaveBeenCalledTimes(3)
    expect(pending.size).toBe(1)
  })

  it('draws on for a while after the last change, then rests', () => {
    const player = new FakePlayer()
    const draw = vi.fn()
    renderHook(() => useAnimationFrames(player, draw))
    frame(100)
    frame(500)
    frame(700)
    expect(draw).toHaveBeenCalledTimes(3)
    expect(pending.size).toBe(0)
    player.seek(3)
    frame(800)
    expect(draw).toHaveBeenCalledTimes(4)
  })

  it('asks for one frame at a time, however much changes', () => {
    const player = new FakePlayer()
    renderHook(() => useAnimationFrames(player, () => undefined))
    for (let change = 0; change < 5; change++) player.seek(change)
    expect(pending.size).toBe(1)
  })

  it('stops when what it draws goes', () => {
    const player = new FakePlayer()
    const draw = vi.fn()
    const { unmount } = renderHook(() => useAnimationFrames(player, draw))
    unmount()
    player.play()
    frame()
    expect(draw).not.toHaveBeenCalled()
  })
})

describe('useDrawOnChange', () => {
  it('draws once at the start, and once after changes in one frame', () => {
    const player = new FakePlayer()
    const draw = vi.fn()
    const { unmount } = renderHook(() => useDrawOnChange(player.subscribe, draw))
    frame()
    player.seek(1)
    player.seek(2)
    frame()
    frame()
    expect(draw).toHaveBeenCalledTimes(2)
    unmount()
    player.seek(3)
    frame()
    expect(draw).toHaveBeenCalledTimes(2)
  })
})
