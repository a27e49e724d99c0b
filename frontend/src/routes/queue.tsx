import { createFileRoute } from '@tanstack/react-router'
import { QueueScreen } from '@/features/jobs'

export const Route = createFileRoute('/queue')({ component: QueueScreen })
