import { createFileRoute } from '@tanstack/react-router'
import { AppHeader } from '@/ui/AppHeader'

export const Route = createFileRoute('/p/$profileName/')({ component: ProfilePage })

function ProfilePage() {
  const { profileName } = Route.useParams()
  return (
    <>
      <AppHeader />
      <main id="content">{profileName}</main>
    </>
  )
}
