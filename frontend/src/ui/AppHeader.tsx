import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { buttonClass, IconButton } from './Button'
import { MenuIcon, MoonIcon, SettingsIcon, SunIcon } from './icons'
import { Logo } from './Logo'
import { setTheme, useTheme } from './theme'

function ThemeSwitch() {
  const theme = useTheme()
  const next = theme === 'dark' ? 'light' : 'dark'
  return (
    <IconButton label={`Use the ${next} theme`} onClick={() => setTheme(next)}>
      {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
    </IconButton>
  )
}

const ITEM =
  'flex items-center rounded-lg px-3 py-2.5 hover:bg-raise aria-[current=page]:bg-raise aria-[current=page]:font-medium'

/** Ways to the pages that belong to no profile; behind one button where the bar is narrow. */
function Pages() {
  return (
    <nav aria-label="Pages" className="flex shrink-0 items-center gap-1">
      <Link to="/strategies" className={`${buttonClass()} mr-1 hidden! aria-[current=page]:bg-raise md:inline-flex!`}>
        Strategies
      </Link>
      <Link
        to="/settings"
        aria-label="Settings"
        title="Settings"
        className="hidden size-9 place-items-center rounded-full text-lg text-muted hover:bg-raise hover:text-text aria-[current=page]:bg-raise md:grid pointer-coarse:size-11"
      >
        <SettingsIcon />
      </Link>
      <IconButton label="Pages" popoverTarget="pages" className="md:hidden">
        <MenuIcon />
      </IconButton>
      <div
        id="pages"
        popover="auto"
        className="inset-auto top-[52px] right-3 w-48 rounded-xl border border-line bg-surface p-1.5 text-text shadow-2xl shadow-[#0006]"
      >
        <Link to="/strategies" className={ITEM}>
          Strategies
        </Link>
        <Link to="/settings" className={ITEM}>
          Settings
        </Link>
      </div>
    </nav>
  )
}

/** The bar on top of every page. children: what belongs to this page, left of the ways to other pages. */
export function AppHeader({ children }: { children?: ReactNode }) {
  return (
    <header className="flex min-h-14 items-center gap-x-2 border-b border-line bg-bg px-3.5 sm:gap-x-4 sm:px-5">
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
      <Pages />
      <ThemeSwitch />
    </header>
  )
}
