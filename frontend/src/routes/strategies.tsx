import { createFileRoute } from '@tanstack/react-router'
import { StrategiesScreen } from '@/features/catalogue'
import { OfflineNote, StatusChip } from '@/features/jobs'

export const Route = createFileRoute('/strategies')({ component: StrategiesPage })

function StrategiesPage() {
  return <StrategiesScreen status={<StatusChip />} offlineNote={<OfflineNote />} />
}
