import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { AppHeader } from '@/ui/AppHeader'
import { buttonClass } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { text } from '../share/text'

/** Stands in for a shared link or a clip that does not exist, or no longer does. */
export function NotThere({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <title>{`${title} · Stemset`}</title>
      <AppHeader />
      <main id="content" className="mx-auto w-full max-w-[860px] px-4 py-10 sm:px-6">
        <Notice
          level="h1"
          title={title}
          actions={
            <Link to="/" className={buttonClass()}>
              {text.toStart}
            </Link>
          }
        >
          {children}
        </Notice>
      </main>
    </>
  )
}
