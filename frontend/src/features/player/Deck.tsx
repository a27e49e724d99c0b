import type { ReactNode } from 'react'
import type { Job, PlayerData } from '@/api/generated'
import { AppHeader } from '@/ui/AppHeader'
import { Notice } from '@/ui/Notice'
import { Crumbs, DownloadMenu, StrategyChip } from './Header'
import { usePlayer, useShortcuts, useSnapshot } from './hooks'
import { LaneRow, PendingLane } from './Lane'
import { Overview } from './Overview'
import { Playhead } from './Playhead'
import { SeekSurface } from './SeekSurface'
import { Transport } from './Transport'
import './player.css'
import type { Player } from '@/audio'

interface DeckProps {
  profileName: string
  data: PlayerData
  job?: Job | undefined
  banner?: ReactNode
  jobs?: ReactNode
}

/** Header, overview, a lane per stem and the transport of one job's stems. */
export function Deck({ profileName, data, job, banner, jobs }: DeckProps) {
  const player = usePlayer(data)
  return (
    <div className="player flex min-h-dvh flex-col">
      <title>{`${data.title} · stemset`}</title>
      <AppHeader>
        <Crumbs profileName={profileName} title={data.title} />
        <StrategyChip data={data} />
        {jobs}
        <DownloadMenu data={data} />
      </AppHeader>
      {banner}
      {typeof AudioContext === 'undefined' ? (
        <main id="content" className="p-6">
          <Notice urgent title="This browser cannot play stems">
            It has no Web Audio. The stems can still be downloaded.
          </Notice>
        </main>
      ) : (
        player && <Desk player={player} data={data} job={job} />
      )}
    </div>
  )
}

function Desk({ player, data, job }: { player: Player; data: PlayerData; job: Job | undefined }) {
  const snapshot = useSnapshot(player)
  useShortcuts(player)
  const states = new Map(snapshot.stems.map((stem) => [stem.stem, stem]))
  const running = job?.state === 'queued' || job?.state === 'running'
  const pending = running ? job.expectedStems.filter((name) => !data.stems.some((stem) => stem.name === name)) : []
  return (
    <>
      <Overview player={player} data={data} />
      <main id="content" className="lanes relative flex-1">
        {data.stems.map((track) => {
          const state = states.get(track.name)
          return state && <LaneRow key={track.name} player={player} data={data} track={track} state={state} />
        })}
        {pending.map((name) => (
          <PendingLane key={name} name={name} />
        ))}
        <SeekSurface player={player} className="beside-strip absolute inset-y-0 overflow-hidden">
          <Playhead player={player} className="bg-bg/55" />
        </SeekSurface>
      </main>
      <Transport player={player} snapshot={snapshot} />
    </>
  )
}
