import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Link, Outlet } from '@tanstack/react-router'
import { AppHeader } from '@/ui/AppHeader'
import { buttonClass } from '@/ui/Button'
import { Notice } from '@/ui/Notice'

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
})

function NotFound() {
  return (
    <>
      <AppHeader />
      <main id="content" className="mx-auto w-full max-w-[1120px] px-4 py-10 sm:px-6">
        <Notice
          title="There is nothing at this address"
          actions={
            <Link to="/" className={buttonClass('primary')}>
              To the recordings
            </Link>
          }
        >
          The link may be old, or a letter is missing.
        </Notice>
      </main>
    </>
  )
}
