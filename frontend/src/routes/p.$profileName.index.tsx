import { createFileRoute } from '@tanstack/react-router'
import { ProfileScreen, parseView } from '@/features/library'

export const Route = createFileRoute('/p/$profileName/')({ validateSearch: parseView, component: ProfilePage })

function ProfilePage() {
  const { profileName } = Route.useParams()
  const view = Route.useSearch()
  const navigate = Route.useNavigate()
  return (
    <ProfileScreen
      key={profileName}
      profileName={profileName}
      view={view}
      onView={(next) => void navigate({ search: next, replace: true, resetScroll: false })}
    />
  )
}
