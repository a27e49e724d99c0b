import { useSyncExternalStore } from 'react'

/** The strategy that this browser's user prefers for a profile, instead of the profile's own. */

const listeners = new Set<() => void>()
const key = (profile: string) => `stemset.strategy.${profile}`

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  // Another tab of the same browser.
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}

/** null: the profile's own again. */
export function setDefaultStrategy(profile: string, strategy: string | null): void {
  if (strategy === null) localStorage.removeItem(key(profile))
  else localStorage.setItem(key(profile), strategy)
  for (const listener of listeners) listener()
}

/** null while the profile's own is preferred, or when the preferred one is not among those offered any more. */
export function useDefaultStrategy(profile: string, offered: readonly { name: string }[] | undefined): string | null {
  const preferred = useSyncExternalStore(subscribe, () => localStorage.getItem(key(profile)))
  if (preferred === null) return null
  return offered === undefined || offered.some(({ name }) => name === preferred) ? preferred : null
}
