import { createFileRoute } from '@tanstack/react-router'
import { ProfileScreen } from '@/features/library'

export const Route = createFileRoute('/p/$profileName/')({ component: ProfilePage })

function ProfilePage() {
  const { profileName } = Route.useParams()
  return <ProfileScreen key={profileName} profileName={profileName} />
}
