import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  type ErrorComponentProps,
  Link,
  Outlet,
  redirect,
  useRouter,
} from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { errorText } from '@/api/problem'
import { mustSignIn, SIGN_IN } from '@/features/accounts'
import { AppHeader } from '@/ui/AppHeader'
import { Button, buttonClass } from '@/ui/Button'
import { Notice } from '@/ui/Notice'

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  beforeLoad: async ({ context, location }) => {
    if (await mustSignIn(context.queryClient, location.pathname)) {
      throw redirect({ to: SIGN_IN, search: { next: location.href } })
    }
  },
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Failed,
})

function Page({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <title>{title}</title>
      <AppHeader />
      <main id="content" className="mx-auto w-full max-w-[1120px] px-4 py-10 sm:px-6">
        {children}
      </main>
    </>
  )
}

function NotFound() {
  return (
    <Page title="Not found · Stemset">
      <Notice
        level="h1"
        title="There is nothing at this address"
        actions={
          <Link to="/" className={buttonClass('primary')}>
            To the recordings
          </Link>
        }
      >
        The link may be old, or a letter is missing.
      </Notice>
    </Page>
  )
}

function Failed({ error }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <Page title="Trouble · Stemset">
      <Notice
        urgent
        level="h1"
        title="This page could not be shown"
        actions={<Button onClick={() => router.invalidate()}>Try again</Button>}
      >
        {errorText(error)}
      </Notice>
    </Page>
  )
}
