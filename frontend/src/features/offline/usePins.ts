import { useEffect, useSyncExternalStore } from 'react'
import { type Pin, pins } from './pins'

export function usePins(): readonly Pin[] {
  useEffect(() => void pins.read(), [])
  return useSyncExternalStore(pins.subscribe, pins.list)
}
