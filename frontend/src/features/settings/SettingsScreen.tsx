import type { Profile, Strategy } from '@/api/generated/types.gen'
import { Access } from '@/features/accounts'
import { offlineText, PinList } from '@/features/offline'
import { Button } from '@/ui/Button'
import { type Fact, Facts } from '@/ui/Facts'
import { LoadingLine } from '@/ui/LoadingLine'
import { Page, Section } from '@/ui/Page'
import { RadioGroup } from '@/ui/RadioGroup'
import { Select } from '@/ui/Select'
import { setTheme, type Theme, useThemeChoice } from '@/ui/theme'
import { setDefaultStrategy, useDefaultStrategy } from './defaultStrategy'
import { text } from './text'
import { useCatalogue, useHealth } from './useServer'

const THEMES: readonly (Theme | 'system')[] = ['system', 'dark', 'light']

function Look() {
  const choice = useThemeChoice() ?? 'system'
  return (
    <Section title={text.look} note={text.lookNote}>
      <RadioGroup
        legend={text.theme}
        options={THEMES.map((theme) => ({ value: theme, label: text.themes[theme] }))}
        value={choice}
        onChange={(theme) => setTheme(theme === 'system' ? null : theme)}
      />
    </Section>
  )
}

function ProfileDefault({ profile, strategies }: { profile: Profile; strategies: readonly Strategy[] }) {
  const preferred = useDefaultStrategy(profile.name, strategies)
  return (
    <Select
      label={text.strategyFor(profile.title)}
      value={preferred ?? ''}
      onChange={(value) => setDefaultStrategy(profile.name, value === '' ? null : value)}
      options={[
        { value: '', label: text.profilesOwn(profile.strategy) },
        ...strategies.map(({ name }) => ({ value: name, label: name })),
      ]}
    />
  )
}

function Defaults() {
  const { profiles, strategies } = useCatalogue()
  const failed = profiles.isError || strategies.isError
  return (
    <Section title={text.defaults} note={text.defaultsNote}>
      {profiles.data && strategies.data ? (
        <div className="grid gap-4">
          {profiles.data.map((profile) => (
            <ProfileDefault key={profile.name} profile={profile} strategies={strategies.data} />
          ))}
        </div>
      ) : (
        <p role={failed ? 'alert' : 'status'} className="text-[13px] text-muted">
          {failed ? text.catalogueFailed : text.loading}
        </p>
      )}
      {failed && (
        <Button className="justify-self-start" onClick={() => Promise.all([profiles.refetch(), strategies.refetch()])}>
          {text.retry}
        </Button>
      )}
    </Section>
  )
}

function Server() {
  const { config } = useCatalogue()
  const { health, unreachable } = useHealth()
  const facts: Fact[] = []
  if (health) {
    const silent = [...(health.database ? [] : [text.database]), ...(health.storage ? [] : [text.storage])]
    const well = silent.length === 0
    facts.push(
      [
        text.state,
        <span key="state" className={well ? 'text-good' : 'text-bad'}>
          {well ? text.well : text.degraded(silent)}
        </span>,
      ],
      [
        text.worker,
        <span key="worker" className={health.worker ? 'text-good' : 'text-warn'}>
          {health.worker ? text.workerThere : text.workerGone}
        </span>,
      ],
      [text.queue, health.queued + health.running > 0 ? text.queued(health.running, health.queued) : text.queueEmpty],
    )
  }
  if (config.data) {
    const { version, limits, formats } = config.data
    facts.push(
      [text.version, text.versionOf(version)],
      [text.limits, text.limitsOf(limits.maxBytes, limits.maxDurationS, limits.maxChannels)],
      [text.formats, formats.join(', ')],
    )
  }
  return (
    <Section title={text.server}>
      {unreachable && (
        <p role="alert" className="text-[13px] text-warn">
          {text.serverFailed}
        </p>
      )}
      {facts.length > 0 ? <Facts facts={facts} /> : !unreachable && <LoadingLine>{text.loading}</LoadingLine>}
    </Section>
  )
}

const LINK = 'underline underline-offset-2 hover:text-muted'

/** What this browser keeps, and what the server behind it is. */
export function SettingsScreen() {
  return (
    <Page title={text.pageTitle}>
      <h1 className="text-[22px] font-semibold tracking-tight">{text.title}</h1>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 md:grid-cols-2">
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
          <Look />
          <Defaults />
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
          <Server />
          <Access />
          <Section title={offlineText.title} note={offlineText.hint}>
            <PinList />
          </Section>
          <Section title={text.api}>
            <ul className="flex flex-wrap gap-x-5 gap-y-2 text-[13px]">
              <li>
                <a href="/docs" className={LINK}>
                  {text.docs}
                </a>
              </li>
              <li>
                <a href="/api/openapi.json" className={LINK}>
                  {text.schema}
                </a>
              </li>
            </ul>
          </Section>
        </div>
      </div>
    </Page>
  )
}
