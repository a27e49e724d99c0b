import { createFileRoute, redirect } from '@tanstack/react-router'
import { getConfigOptions } from '@/api/generated/@tanstack/react-query.gen'

export const Route = createFileRoute('/')({
  loader: async ({ context }) => {
    const { defaultProfile } = await context.queryClient.ensureQueryData(getConfigOptions())
    throw redirect({ to: '/p/$profileName', params: { profileName: defaultProfile }, replace: true })
  },
})
