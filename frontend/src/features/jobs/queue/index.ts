export { QueueScreen } from './QueueScreen'
export { OfflineNote, StatusChip } from './StatusChip'
export { standing } from './standing'
