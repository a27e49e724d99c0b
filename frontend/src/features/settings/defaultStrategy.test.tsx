import { act, renderHook } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { setDefaultStrategy, useDefaultStrategy } from './defaultStrategy'

beforeEach(() => localStorage.clear())

const OFFERED = [{ name: 'instant' }, { name: 'successive' }]
const use = (profile = 'demo', offered: typeof OFFERED | undefined = OFFERED) =>
  renderHook(() => useDefaultStrategy(profile, offered)).result

describe('useDefaultStrategy', () => {
  it('is none while the profile’s own is preferred', () => {
    expect(use().current).toBeNull()
  })

  it('follows what is set, on every screen', () => {
    const [one, other] = [use(), use()]
    act(() => setDefaultStrategy('demo', 'successive'))
    expect([one.current, other.current]).toEqual(['successive', 'successive'])
    act(() => setDefaultStrategy('demo', null))
    expect(one.current).toBeNull()
  })

  it('follows what another tab sets', () => {
    const result = use()
    localStorage.setItem('stemset.strategy.demo', 'instant')
    act(() => void window.dispatchEvent(new StorageEvent('storage')))
    expect(result.current).toBe('instant')
  })

  it('is each profile’s own', () => {
    act(() => setDefaultStrategy('demo', 'successive'))
    expect(use('rehearsal').current).toBeNull()
  })

  it('forgets a strategy that is not offered any more, once it is known what is', () => {
    act(() => setDefaultStrategy('demo', 'removed'))
    expect(use().current).toBeNull()
    expect(renderHook(() => useDefaultStrategy('demo', undefined)).result.current).toBe('removed')
  })
})
