import { createFileRoute } from '@tanstack/react-router'
import { AppHeader } from '@/ui/AppHeader'

export const Route = createFileRoute('/p/$profileName/recordings/$recordingId')({ component: RecordingPage })

function RecordingPage() {
  const { recordingId } = Route.useParams()
  return (
    <>
      <AppHeader />
      <main id="content">{recordingId}</main>
    </>
  )
}
