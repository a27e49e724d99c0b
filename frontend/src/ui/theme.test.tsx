import { act, renderHook } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { setTheme, useTheme, useThemeChoice } from './theme'

let light = false
let systemChanged = () => {}

function systemTurns(to: 'light' | 'dark') {
  light = to === 'light'
  act(() => systemChanged())
}

beforeEach(() => {
  localStorage.clear()
  document.documentElement.dataset.theme = 'dark'
  vi.stubGlobal('matchMedia', () => ({
    get matches() {
      return light
    },
    addEventListener: (_: string, listener: () => void) => {
      systemChanged = listener
    },
    removeEventListener() {},
  }))
})

it('follows the system until the user chooses', () => {
  const { result } = renderHook(useTheme)
  systemTurns('light')
  expect(result.current).toBe('light')
  act(() => setTheme('dark'))
  systemTurns('light')
  expect(result.current).toBe('dark')
})

it('remembers the choice, and puts it where the styles look', () => {
  const { result } = renderHook(useTheme)
  act(() => setTheme('light'))
  expect(result.current).toBe('light')
  expect(localStorage.getItem('stemset.theme')).toBe('light')
  expect(document.documentElement.dataset.theme).toBe('light')
})

it('goes back to the system’s choice', () => {
  const { result } = renderHook(() => [useTheme(), useThemeChoice()])
  act(() => setTheme('dark'))
  expect(result.current).toEqual(['dark', 'dark'])
  systemTurns('light')
  act(() => setTheme(null))
  expect(result.current).toEqual(['light', null])
})
