import { act, renderHook, waitFor } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { PIN } from '@/testing/data'
import { type Pin, pins } from './pins'
import { usePins } from './usePins'

let kept: readonly Pin[]

beforeEach(() => {
  kept = []
  const cache = { match: async () => Response.json(kept), put: async () => {}, keys: async () => [] }
  vi.stubGlobal('caches', { open: async () => cache, delete: async () => true })
  Object.defineProperty(navigator, 'serviceWorker', { value: {}, configurable: true })
  return async () => {
    await pins.clear()
    Reflect.deleteProperty(navigator, 'serviceWorker')
  }
})

it('reads what earlier visits have kept', async () => {
  kept = [PIN]
  const { result } = renderHook(usePins)
  expect(result.current).toEqual([])
  await waitFor(() => expect(result.current).toEqual([PIN]))
})

it('follows what is removed, on every part of the page', async () => {
  kept = [PIN]
  const [one, other] = [renderHook(usePins).result, renderHook(usePins).result]
  await waitFor(() => expect(other.current).toHaveLength(1))
  await act(() => pins.remove(PIN))
  expect([one.current, other.current]).toEqual([[], []])
})

it('is no list of a browser that keeps nothing', async () => {
  Reflect.deleteProperty(globalThis, 'caches')
  const { result } = renderHook(usePins)
  await act(async () => {})
  expect(result.current).toEqual([])
})
