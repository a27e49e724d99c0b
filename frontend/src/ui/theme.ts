import { useSyncExternalStore } from 'react'

export type Theme = 'dark' | 'light'

const KEY = 'stemset.theme'
const listeners = new Set<() => void>()

function storedTheme(): Theme | null {
  const value = localStorage.getItem(KEY)
  return value === 'dark' || value === 'light' ? value : null
}

function shownTheme(): Theme {
  return document.documentElement.dataset.theme === 'light' ? 'light' : 'dark'
}

function showTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  for (const listener of listeners) listener()
}

function systemTheme(): Theme {
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}

/** null: follow the system again. */
export function setTheme(theme: Theme | null): void {
  if (theme === null) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, theme)
  showTheme(theme ?? systemTheme())
}

function subscribe(listener: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: light)')
  const follow = () => {
    if (storedTheme() === null) showTheme(systemTheme())
  }
  listeners.add(listener)
  media.addEventListener('change', follow)
  return () => {
    listeners.delete(listener)
    media.removeEventListener('change', follow)
  }
}

/** The theme on screen. public/theme.js sets it before the first paint; the system's choice rules until the user's. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, shownTheme)
}

/** The user's own choice; null while the system's rules. */
export function useThemeChoice(): Theme | null {
  return useSyncExternalStore(subscribe, storedTheme)
}
