import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { PlayerData } from '@/api/generated'
import { listProfilesOptions } from '@/api/generated/@tanstack/react-query.gen'
import { Button } from '@/ui/Button'
import { Chip } from '@/ui/Chip'
import { pluralise } from '@/ui/format'
import { DownloadIcon } from '@/ui/icons'
import { residualText } from '../format'
import { BackIcon, ShareIcon } from '../icons'
import { text } from '../text'

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
    <span className="hidden xl:inline" title="Residual: the sum of the stems minus the song">
      <Chip dot="good">
        <b className="font-medium text-text">{data.strategy}</b>
        {pluralise(data.stems.length, 'stem')}
        {data.sumToMixtureDb !== null && ` · ${residualText(data.sumToMixtureDb)}`}
      </Chip>
    </span>
  )
}

/** What can be taken along or given to others. onShare: absent where nothing may be shared. */
export function Actions({ onShare, onExport }: { onShare?: (() => void) | undefined; onExport: () => void }) {
  return (
    <>
      {onShare && (
        <Button onClick={onShare} className="max-sm:hidden">
          <ShareIcon className="text-base lg:hidden" />
          <span className="max-lg:sr-only">{text.share}</span>
        </Button>
      )}
      <Button look="primary" onClick={onExport}>
        <DownloadIcon className="text-base sm:hidden" />
        <span className="max-sm:sr-only">{text.export}</span>
      </Button>
    </>
  )
}
