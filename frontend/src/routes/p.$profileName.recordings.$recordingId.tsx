import { createFileRoute } from '@tanstack/react-router'
import { RecordingScreen } from '@/features/library'

export const Route = createFileRoute('/p/$profileName/recordings/$recordingId')({
  // job: an older one than the newest.
  validateSearch: ({ job }): { job?: string } => (typeof job === 'string' ? { job } : {}),
  component: RecordingPage,
})

function RecordingPage() {
  const { profileName, recordingId } = Route.useParams()
  const { job = null } = Route.useSearch()
  return <RecordingScreen key={recordingId} profileName={profileName} recordingId={recordingId} jobId={job} />
}
