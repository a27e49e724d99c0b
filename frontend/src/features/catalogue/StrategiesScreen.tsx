import { type ReactNode, useState } from 'react'
import type { Strategy } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { NoteIcon } from '@/ui/icons'
import { LoadingLine } from '@/ui/LoadingLine'
import { Notice } from '@/ui/Notice'
import { Page } from '@/ui/Page'
import { WithCode } from '@/ui/WithCode'
import { StrategyCard } from './StrategyCard'
import { text } from './text'
import { isPreparing, useModels, useStrategies } from './useStrategies'

/** Speaks which preparation began or ended while the page was open, not each percent. */
function LivePreparation({ strategies }: { strategies: readonly Strategy[] }) {
  const [watched, setWatched] = useState<ReadonlySet<string>>(new Set())
  const begun = strategies.filter((strategy) => isPreparing(strategy) && !watched.has(strategy.name))
  if (begun.length > 0) setWatched(new Set([...watched, ...begun.map(({ name }) => name)]))
  return (
    <div role="status" className="sr-only">
      {strategies
        .filter(({ name }) => watched.has(name))
        .map((strategy) => {
          if (isPreparing(strategy)) return <p key={strategy.name}>{text.announcePreparing(strategy.name)}</p>
          return strategy.ready && <p key={strategy.name}>{text.announceReady(strategy.name)}</p>
        })}
    </div>
  )
}

interface StrategiesScreenProps {
  /** How the service is, for the header. */
  status: ReactNode
  /** Says so while the server does not answer. */
  offlineNote: ReactNode
}

/** Every strategy of this server. */
export function StrategiesScreen({ status, offlineNote }: StrategiesScreenProps) {
  const strategies = useStrategies()
  const models = useModels(strategies.data?.some(isPreparing) ?? false)
  const failed = strategies.isError || models.isError
  const complete = strategies.data && models.data
  return (
    <Page title={text.pageTitle} crumb={<span className="ml-auto">{status}</span>}>
      <div className="max-w-prose">
        <h1 className="text-[22px] font-semibold tracking-tight">{text.title}</h1>
        <p className="text-muted">{text.intro}</p>
      </div>
      {offlineNote}
      {!complete && !failed && <LoadingLine>{text.loading}</LoadingLine>}
      {!complete && failed && (
        <Notice
          urgent
          title={text.failed}
          actions={<Button onClick={() => Promise.all([strategies.refetch(), models.refetch()])}>{text.retry}</Button>}
        >
          {errorText(strategies.error ?? models.error)}
        </Notice>
      )}
      {complete && strategies.data.length === 0 && (
        <Notice icon={<NoteIcon />} title={text.empty}>
          <WithCode>{text.emptyHint}</WithCode>
        </Notice>
      )}
      {complete && strategies.data.length > 1 && (
        <nav aria-label={text.jump}>
          <ul className="flex flex-wrap gap-x-4 gap-y-1 text-[13px]">
            {strategies.data.map(({ name }) => (
              <li key={name}>
                <a href={`#${name}`} className="text-muted underline underline-offset-2 hover:text-text">
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {complete &&
        strategies.data.map((strategy) => (
          <StrategyCard key={strategy.name} strategy={strategy} models={models.data} />
        ))}
      {strategies.data && <LivePreparation strategies={strategies.data} />}
    </Page>
  )
}
