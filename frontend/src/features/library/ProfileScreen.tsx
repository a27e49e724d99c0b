import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { StrategyPicker } from '@/features/catalogue'
import { OfflineNote, StatusChip } from '@/features/jobs'
import { useDefaultStrategy } from '@/features/settings'
import { DropZone, UploadRow, uploadText, useFileDrop, useUploads, useUploadsOf } from '@/features/upload'
import { AppHeader } from '@/ui/AppHeader'
import { Button, buttonClass } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { LiveStatus } from './LiveStatus'
import { ProfileSwitch } from './ProfileSwitch'
import { RecordingList } from './RecordingList'
import { text } from './text'
import { useConfig, useProfiles, useRecordings, useStrategies } from './useLibrary'
import type { ListView } from './view'

function Footer() {
  const config = useConfig()
  return (
    <footer className="mx-auto flex w-full max-w-[1120px] flex-wrap gap-x-4 gap-y-1 px-4 pb-8 text-xs text-faint sm:px-6">
      <span>{text.footer}</span>
      {config.data && <span>{text.version(config.data.version)}</span>}
      <a href="/docs" className="underline underline-offset-2 hover:text-text">
        {text.apiDocs}
      </a>
    </footer>
  )
}

function UploadRows({ profile }: { profile: string }) {
  const uploads = useUploads()
  const items = useUploadsOf(profile)
  if (items.length === 0) return null
  const over = items.filter(({ state }) => state === 'failed' || state === 'refused' || state === 'known')
  const moving = items.filter(({ state }) => state === 'sending' || state === 'waiting')
  const paused = items.filter(({ state }) => state === 'paused')
  return (
    <div className="grid gap-2">
      <ul
        aria-label={uploadText.uploads}
        className="divide-y divide-line overflow-hidden rounded-[14px] border border-line bg-surface"
      >
        {items.map((upload) => (
          <UploadRow
            key={upload.id}
            upload={upload}
            onRemove={() => uploads.remove(upload.id)}
            onRetry={() => uploads.retry(upload.id)}
            onPause={() => uploads.pause(upload.id)}
          />
        ))}
      </ul>
      <div className="flex flex-wrap justify-end gap-1 empty:hidden">
        {moving.length > 1 && (
          <Button look="quiet" onClick={() => moving.forEach(({ id }) => void uploads.pause(id))}>
            {uploadText.pauseAll}
          </Button>
        )}
        {paused.length > 1 && (
          <Button look="quiet" onClick={() => paused.forEach(({ id }) => void uploads.retry(id))}>
            {uploadText.goOnAll}
          </Button>
        )}
        {over.length > 1 && (
          <Button look="quiet" onClick={() => uploads.clear(profile)}>
            {uploadText.clear}
          </Button>
        )}
      </div>
    </div>
  )
}

/** One profile: the place to drop songs, and the recordings. */
export function ProfileScreen({
  profileName,
  view,
  onView,
}: {
  profileName: string
  view: ListView
  onView: (view: ListView) => void
}) {
  const profiles = useProfiles()
  const strategies = useStrategies()
  const limits = useConfig().data?.limits
  const recordings = useRecordings(profileName, view)
  const uploads = useUploads()
  const [chosen, setChosen] = useState<string | null>(null)
  const [openedAt] = useState(Date.now)

  const profile = profiles.data?.find(({ name }) => name === profileName)
  const title = profile?.title ?? profileName
  const preferred = useDefaultStrategy(profileName, strategies.data)
  const strategy = chosen ?? preferred ?? profile?.strategy ?? ''
  const upload = (files: FileList) => uploads.add(files, profileName, strategy, limits)
  const drop = useFileDrop(upload)

  if (profiles.data && !profile) return <UnknownProfile name={profileName} />
  return (
    <div className="grid min-h-dvh grid-cols-[minmax(0,1fr)] grid-rows-[auto_1fr_auto]" {...drop.handlers}>
      <title>{text.pageTitle(title)}</title>
      <AppHeader>
        {profiles.data && <ProfileSwitch profiles={profiles.data} className="hidden sm:block" />}
        <span className="flex-1" />
        <StatusChip />
      </AppHeader>
      <main
        id="content"
        className="mx-auto grid w-full max-w-[1120px] content-start gap-6 px-4 pt-5 pb-14 sm:px-6 sm:pt-7"
      >
        {profiles.data && <ProfileSwitch profiles={profiles.data} className="-mx-1 -mb-2 sm:hidden" />}
        <DropZone over={drop.over} limits={limits} onFiles={upload}>
          {strategies.data && <StrategyPicker strategies={strategies.data} value={strategy} onChange={setChosen} />}
          {strategies.isError && <p className="text-[13px] text-muted">{uploadText.strategiesFailed}</p>}
        </DropZone>
        <OfflineNote />
        <RecordingList
          profile={profileName}
          view={view}
          onView={onView}
          title={title}
          description={profile?.description ?? ''}
          uploads={<UploadRows profile={profileName} />}
        />
        <LiveStatus since={openedAt} recordings={recordings.data?.pages.flatMap(({ items }) => items) ?? []} />
      </main>
      <Footer />
    </div>
  )
}

function UnknownProfile({ name }: { name: string }) {
  const profiles = useProfiles()
  return (
    <>
      <title>{text.noProfile(name)}</title>
      <AppHeader />
      <main id="content" className="mx-auto w-full max-w-[1120px] px-4 py-10 sm:px-6">
        <Notice
          level="h1"
          title={text.noProfile(name)}
          actions={profiles.data?.map((profile) => (
            <Link
              key={profile.name}
              to="/p/$profileName"
              params={{ profileName: profile.name }}
              className={buttonClass()}
            >
              {profile.title}
            </Link>
          ))}
        >
          {text.otherProfiles}
        </Notice>
      </main>
    </>
  )
}
