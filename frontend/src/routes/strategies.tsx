import { createFileRoute } from '@tanstack/react-router'
import { StrategiesScreen } from '@/features/strategies'

export const Route = createFileRoute('/strategies')({ component: StrategiesScreen })
