import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { IconButton } from './Button'
import { MoonIcon, SunIcon } from './icons'
import { setTheme, useTheme } from './theme'

function Logo() {
  return (
    <span aria-hidden="true" className="flex h-4 items-end gap-0.5">
      <span className="h-[9px] w-[3px] rounded-xs bg-vocals" />
      <span className="h-4 w-[3px] rounded-xs bg-drums" />
      <span className="h-3 w-[3px] rounded-xs bg-bass" />
      <span className="h-[7px] w-[3px] rounded-xs bg-other" />
    </span>
  )
}

function ThemeSwitch() {
  const theme = useTheme()
  const next = theme === 'dark' ? 'light' : 'dark'
  return (
    <IconButton label={`Use the ${next} theme`} onClick={() => setTheme(next)}>
      {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
    </IconButton>
  )
}

/** The bar on top of every page. children: what belongs to this page, left of the theme switch. */
export function AppHeader({ children }: { children?: ReactNode }) {
  return (
    <header className="flex min-h-14 items-center gap-x-4 border-b border-line bg-bg px-3.5 sm:px-5">
      <a
        href="#content"
        className="sr-only rounded-lg bg-accent px-3 py-2 text-bg focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50"
      >
        Skip to content
      </a>
      <Link to="/" className="flex shrink-0 items-center gap-2.5 rounded-md text-[17px] font-semibold tracking-tight">
        <Logo />
        stemset
      </Link>
      <div className="flex min-w-0 flex-1 items-center gap-3">{children}</div>
      <ThemeSwitch />
    </header>
  )
}
