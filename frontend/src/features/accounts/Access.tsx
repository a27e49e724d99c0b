import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { getSessionOptions, signOutMutation } from '@/api/generated/@tanstack/react-query.gen'
import { errorText } from '@/api/problem'
import { pins } from '@/features/offline'
import { Button } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { Section } from '@/ui/Page'
import { cacheSession, SIGN_IN } from './session'
import { text } from './text'

/** The session of this browser, and its end; nothing on an open service. */
export function Access() {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const session = useQuery(getSessionOptions())
  const signOut = useMutation({
    ...signOutMutation(),
    onSuccess: async () => {
      // What was read with the key is not left behind for whoever comes next.
      await pins.clear()
      queryClient.clear()
      cacheSession(queryClient, { closed: true, signedIn: false })
      void navigate({ to: SIGN_IN, search: { next: '/' } })
    },
  })
  if (!session.data?.closed) return null
  return (
    <Section title={text.access} note={text.signedIn}>
      <Button className="justify-self-start" aria-disabled={signOut.isPending} onClick={() => signOut.mutate({})}>
        {signOut.isPending ? text.signingOut : text.signOut}
      </Button>
      {signOut.isError && <ErrorLine>{errorText(signOut.error)}</ErrorLine>}
    </Section>
  )
}
