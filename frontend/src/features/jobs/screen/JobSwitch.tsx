import { Link } from '@tanstack/react-router'
import type { Job } from '@/api/generated/types.gen'
import { buttonClass } from '@/ui/Button'
import { formatMoment } from '@/ui/format'
import { ListIcon } from '@/ui/icons'
import { nameOf, recordingOf } from '../jobs'
import { text } from './text'
import { useVersions } from './useJob'

const A = 65

/** In the player's header: one strategy's stems or another's, side by side, and the way to all that is known of them. */
export function JobSwitch({ job }: { job: Job }) {
  const jobs = useVersions(job)
  const params = { profileName: job.profile, recordingId: recordingOf(job) }
  return (
    <>
      {jobs.length > 1 && (
        <nav aria-label={text.versionsOf} className="hidden shrink-0 md:block">
          <ul className="flex overflow-hidden rounded-[9px] border border-line">
            {jobs.map((other, index) => (
              <li key={other.id}>
                <Link
                  to="/p/$profileName/recordings/$recordingId"
                  params={params}
                  search={{ job: other.id }}
                  // The page stays as it is, and the sound goes on.
                  replace
                  resetScroll={false}
                  aria-current={other.id === job.id ? 'page' : undefined}
                  title={formatMoment(new Date(other.createdAt))}
                  className="flex h-[30px] items-center px-3 text-[13px] whitespace-nowrap text-muted outline-offset-[-3px] hover:text-text aria-[current=page]:bg-raise aria-[current=page]:text-text"
                >
                  <span className="max-lg:hidden">{`${String.fromCharCode(A + index)} ·`}&nbsp;</span>
                  {nameOf(other)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <Link
        to="/p/$profileName/recordings/$recordingId/jobs/$jobId"
        params={{ ...params, jobId: job.id }}
        title={text.detailsOf(nameOf(job))}
        className={buttonClass()}
      >
        <ListIcon className="text-base" />
        <span className="sr-only sm:not-sr-only">{text.details}</span>
      </Link>
    </>
  )
}
