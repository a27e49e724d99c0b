import { createFileRoute } from '@tanstack/react-router'
import { JobScreen } from '@/features/jobs'

export const Route = createFileRoute('/p/$profileName/recordings/$recordingId_/jobs/$jobId')({ component: JobPage })

function JobPage() {
  const address = Route.useParams()
  return <JobScreen key={address.jobId} {...address} />
}
