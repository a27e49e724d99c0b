import { createFileRoute, useRouter } from '@tanstack/react-router'
import { SignInScreen, toSafePath } from '@/features/accounts'

export const Route = createFileRoute('/sign-in')({
  validateSearch: ({ next }: Record<string, unknown>) => ({ next: toSafePath(next) }),
  component: SignIn,
})

function SignIn() {
  const router = useRouter()
  const { next } = Route.useSearch()
  return <SignInScreen onSignedIn={() => router.history.replace(next)} />
}
