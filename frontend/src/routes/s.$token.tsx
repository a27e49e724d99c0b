import { createFileRoute } from '@tanstack/react-router'
import { SharedScreen } from '@/features/player'

export const Route = createFileRoute('/s/$token')({ component: SharedPage })

function SharedPage() {
  const { token } = Route.useParams()
  return <SharedScreen key={token} token={token} />
}
