import { Link } from '@tanstack/react-router'
import type { Job } from '@/api/generated/types.gen'
import { buttonClass } from '@/ui/Button'
import { moment } from '@/ui/format'
import { ListIcon } from '@/ui/icons'
import { choices } from './choices'
import { text } from './text'
import { useJobsOf } from './useJob'

/** In the player's header: one strategy's stems or another's, side by side, and the way to all that is known of them. */
export function JobSwitch({ job }: { job: Job }) {
  const list = useJobsOf(job.recordingId)
  const jobs = choices(list.data?.pages.flatMap(({ items }) => items) ?? [], job)
  const params = { profileName: job.profile, recordingId: job.recordingId }
  return (
    <>
      {jobs.length > 1 && (
        <nav aria-label={text.versionsOf} className="hidden shrink-0 xl:block">
          <ul className="flex overflow-hidden rounded-[9px] border border-line">
            {jobs.map((other) => (
              <li key={other.id}>
                <Link
                  to="/p/$profileName/recordings/$recordingId"
                  params={params}
                  search={{ job: other.id }}
                  aria-current={other.id === job.id ? 'page' : undefined}
                  title={moment(new Date(other.createdAt))}
                  className="flex h-[30px] items-center px-3 text-[13px] whitespace-nowrap text-muted outline-offset-[-3px] hover:text-text aria-[current=page]:bg-raise aria-[current=page]:text-text"
                >
                  {other.strategy}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <Link
        to="/p/$profileName/recordings/$recordingId/jobs/$jobId"
        params={{ ...params, jobId: job.id }}
        title={text.detailsOf(job.strategy)}
        className={buttonClass()}
      >
        <ListIcon className="text-base" />
        <span className="sr-only sm:not-sr-only">{text.details}</span>
      </Link>
    </>
  )
}
