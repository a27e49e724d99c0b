import { createFileRoute } from '@tanstack/react-router'
import { RecordingScreen } from '@/features/library'

export const Route = createFileRoute('/p/$profileName/recordings/$recordingId')({ component: RecordingPage })

function RecordingPage() {
  const { profileName, recordingId } = Route.useParams()
  return <RecordingScreen key={recordingId} profileName={profileName} recordingId={recordingId} />
}
