import { useEffect, useEffectEvent, useMemo, useState, useSyncExternalStore } from 'react'
import type { PlayerData } from '@/api/generated'
import { createPlayer, type Decibels, type Player, type PlayerSnapshot, type Span, type StemSource } from '@/audio'
import { matchingTrim } from './loudness'
import type { MixState } from './mix'
import { Desk, type DeskSnapshot } from './mixEditor'
import { View, type ViewSnapshot } from './view'

/** One visit to a recording: what plays, what was set, what is in view. */
export interface Session {
  readonly player: Player
  readonly desk: Desk
  readonly view: View
}

/** Returns the player's sources of a job's stems. trim: on all of them alike. */
export function stemSources({ stems }: PlayerData, trim: Decibels = 0): StemSource[] {
  return stems.map(({ name, url, indexUrl, streaminfo }) => ({ stem: name, url, indexUrl, streaminfo, trim }))
}

/** A session from the first commit until the screen goes; null before. It outlives a change to another job's stems. */
export function useSession(data: PlayerData, mix: MixState, clip: Span | null): Session | null {
  const [session, setSession] = useState<Session | null>(null)
  const { sampleRate, frames } = data
  const from = clip?.from ?? 0
  const to = clip?.to ?? frames
  const names = useEffectEvent(() => data.stems.map(({ name }) => name))
  const first = useEffectEvent(() => mix)
  useEffect(() => {
    const player = createPlayer({ sampleRate, frames })
    player.seek(from / sampleRate)
    const opened = { player, desk: new Desk(player, names(), first()), view: new View({ from, to }) }
    setSession(opened)
    return () => player.dispose()
  }, [sampleRate, frames, from, to])
  return session
}

/** Gives the player this job's stems, as loud as the quietest of the jobs that it is compared with. */
export function useStemSources(session: Session, data: PlayerData, compared: readonly PlayerData[]): void {
  const { mix } = useDesk(session.desk)
  const trim = matchingTrim(data, compared, mix)
  const sources = useMemo(() => stemSources(data, trim), [data, trim])
  useEffect(() => {
    session.player.load(sources)
    session.desk.setStems(sources.map(({ stem }) => stem))
  }, [session, sources])
}

export function useDesk(desk: Desk): DeskSnapshot {
  return useSyncExternalStore(desk.subscribe, desk.snapshot)
}

export function useView(view: View): ViewSnapshot {
  return useSyncExternalStore(view.subscribe, view.snapshot)
}

export function useSnapshot(player: Player): PlayerSnapshot {
  return useSyncExternalStore(player.subscribe, player.snapshot)
}
