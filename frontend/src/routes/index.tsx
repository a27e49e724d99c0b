import { createFileRoute, redirect } from '@tanstack/react-router'
import { getConfigOptions } from '@/api/generated/@tanstack/react-query.gen'
import { AppHeader } from '@/ui/AppHeader'

export const Route = createFileRoute('/')({
  pendingComponent: () => <AppHeader />,
  loader: async ({ context }) => {
    const { defaultProfile } = await context.queryClient.ensureQueryData(getConfigOptions())
    throw redirect({ to: '/p/$profileName', params: { profileName: defaultProfile }, replace: true })
  },
})
