import { MutationCache, QueryCache, type QueryClient } from '@tanstack/react-query'
import { getSessionOptions, getSessionQueryKey } from '@/api/generated/@tanstack/react-query.gen'
import type { Session } from '@/api/generated/types.gen'
import { isProblem } from '@/api/problem'

/** Where the key is entered. */
export const SIGN_IN = '/sign-in'

/** Pages that open by a link of their own, whoever follows it. */
const PUBLIC = /^\/(s\/|sign-in$)/

/** Whether the page at this address has to wait for the key. A server that does not answer is no reason to. */
export async function mustSignIn(queryClient: QueryClient, pathname: string): Promise<boolean> {
  if (PUBLIC.test(pathname)) return false
  const session = await queryClient
    .fetchQuery({ ...getSessionOptions(), staleTime: Number.POSITIVE_INFINITY, retry: false })
    .catch(() => undefined)
  return session?.closed === true && !session.signedIn
}

/** Puts the session that the server answered with into the cache. */
export function cacheSession(queryClient: QueryClient, session: Session): void {
  queryClient.setQueryData(getSessionQueryKey(), session)
}

/** Makes caches that call back when a request is answered 401: the session has run out, or the key was changed. */
export function createWatchedCaches(onUnauthorized: () => void): {
  queryCache: QueryCache
  mutationCache: MutationCache
} {
  const onError = (error: unknown) => {
    if (isProblem(error) && error.status === 401) onUnauthorized()
  }
  return { queryCache: new QueryCache({ onError }), mutationCache: new MutationCache({ onError }) }
}

/** Returns the path asked for if it is one of this page, else `/`. */
export function toSafePath(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !next.startsWith(SIGN_IN) ? next : '/'
}
