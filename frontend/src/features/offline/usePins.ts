import { useSyncExternalStore } from 'react'
import { type Pin, pins } from './pins'

/** The list is in the browser's storage: whoever wants to know of changes has it read first. */
function subscribe(listener: () => void): () => void {
  void pins.read()
  return pins.subscribe(listener)
}

export function usePins(): readonly Pin[] {
  return useSyncExternalStore(subscribe, pins.list)
}
