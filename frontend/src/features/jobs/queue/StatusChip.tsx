import { Link } from '@tanstack/react-router'
import { Chip } from '@/ui/Chip'
import { describeService } from './standing'
import { text } from './text'
import { useHealth } from './useQueue'

/** In the header: whether a worker is there and how long the queue is. It leads to the queue. */
export function StatusChip() {
  const health = useHealth()
  if (health.isPending) return null
  const { dot, words } = describeService(health.isError ? null : health.data)
  const busy = health.data ? health.data.queued + health.data.running : 0
  return (
    <Link
      to="/queue"
      aria-label={text.toQueue(words)}
      title={words}
      className="flex shrink-0 rounded-full py-1.5 hover:bg-raise"
    >
      <Chip dot={dot}>
        <span className="hidden md:inline">{words}</span>
        <span className="md:hidden">{busy > 0 ? busy : text.title}</span>
      </Chip>
    </Link>
  )
}

/** Says so while the server does not answer. */
export function OfflineNote() {
  const health = useHealth()
  if (!health.isError) return null
  return (
    <p role="alert" className="rounded-xl border border-line bg-surface px-4 py-2.5 text-[13px] text-warn">
      {text.offline}
    </p>
  )
}
