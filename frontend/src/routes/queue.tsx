import { createFileRoute } from '@tanstack/react-router'
import { QueueScreen } from '@/features/jobs/queue'

export const Route = createFileRoute('/queue')({ component: QueueScreen })
