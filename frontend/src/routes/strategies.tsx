import { createFileRoute } from '@tanstack/react-router'
import { StrategiesScreen } from '@/features/catalogue'

export const Route = createFileRoute('/strategies')({ component: StrategiesScreen })
