import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { PlayerData } from '@/api/generated'
import { listProfilesOptions } from '@/api/generated/@tanstack/react-query.gen'
import { buttonClass } from '@/ui/Button'
import { Chip } from '@/ui/Chip'
import { bytes, plural } from '@/ui/format'
import { DownloadIcon } from '@/ui/icons'
import { stemColour } from '@/ui/stems'
import { BackIcon } from './icons'
import { residualText } from './text'

export function Crumbs({ profileName, title }: { profileName: string; title: string }) {
  const profiles = useQuery(listProfilesOptions())
  const profileTitle = profiles.data?.find(({ name }) => name === profileName)?.title ?? profileName
  return (
    <nav aria-label="Breadcrumb" className="flex min-w-0 flex-1 items-center gap-2 text-muted">
      <Link
        to="/p/$profileName"
        params={{ profileName }}
        className="flex items-center gap-1.5 rounded-md py-2 hover:text-text"
        aria-label={`Back to ${profileTitle}`}
      >
        <BackIcon className="text-base sm:hidden" />
        <span className="hidden sm:inline">{profileTitle}</span>
      </Link>
      <span aria-hidden="true" className="hidden sm:inline">
        /
      </span>
      <span aria-current="page" className="truncate font-semibold text-text">
        {title}
      </span>
    </nav>
  )
}

/** How the stems were made and how exactly they add up to the song again. */
export function StrategyChip({ data }: { data: PlayerData }) {
  return (
    <span className="hidden md:inline" title="Residual: the sum of the stems minus the song">
      <Chip dot="good">
        <b className="font-medium text-text">{data.strategy}</b>
        {plural(data.stems.length, 'stem')}
        {data.sumToMixtureDb !== null && ` · ${residualText(data.sumToMixtureDb)}`}
      </Chip>
    </span>
  )
}

/** Every stem as the file that it is. */
export function DownloadMenu({ data }: { data: PlayerData }) {
  return (
    <>
      <button type="button" popoverTarget="stem-files" className={buttonClass('primary')}>
        <DownloadIcon className="text-base" />
        <span className="sr-only sm:not-sr-only">Download</span>
      </button>
      <div id="stem-files" popover="auto" className="stem-files">
        <h2 className="px-3 pt-2 pb-1 text-xs text-muted">Stems as FLAC</h2>
        <ul>
          {[...data.stems, data.mixture].map((track) => (
            <li key={track.name}>
              <a
                href={track.url}
                download={`${data.title} - ${track.label}.flac`}
                className="flex items-center gap-2.5 rounded-lg px-3 py-2 hover:bg-raise pointer-coarse:py-3"
              >
                <span
                  aria-hidden="true"
                  className="size-2 rounded-full"
                  style={{ background: stemColour(track.name) }}
                />
                <span className="flex-1">{track.label}</span>
                <span className="font-mono text-xs text-muted">{bytes(track.bytes)}</span>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}
