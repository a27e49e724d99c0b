import { createFileRoute } from '@tanstack/react-router'
import { ClipScreen } from '@/features/player'

export const Route = createFileRoute('/p/$profileName/clips/$clipId')({ component: ClipPage })

function ClipPage() {
  const { profileName, clipId } = Route.useParams()
  return <ClipScreen key={clipId} profileName={profileName} clipId={clipId} />
}
