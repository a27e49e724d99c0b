import { createFileRoute, redirect } from '@tanstack/react-router'
import { getConfigOptions } from '@/api/generated/@tanstack/react-query.gen'

export const Route = createFileRoute('/')({
  loader: async ({ context }) => {
    const config = await context.queryClient.ensureQueryData(getConfigOptions())
    throw redirect({ to: '/p/$profileName', params: { profileName: config.defaultProfile }, replace: true })
  },
})
