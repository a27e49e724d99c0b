import { useEffect, useEffectEvent, useMemo, useState, useSyncExternalStore } from 'react'
import type { PlayerData } from '@/api/generated'
import { createPlayer, type Decibels, type Player, type PlayerSnapshot, type Span, type StemSource } from '@/audio'
import { loudnessTrim } from './loudness'
import type { MixState } from './mix'
import { MixEditor, type MixEditorSnapshot } from './mixEditor'
import { View, type ViewSnapshot } from './view'

/** What one visit to a recording works with: the player, the editor of its mix, and the part of the song in view. */
export interface PlayerSession {
  readonly player: Player
  readonly editor: MixEditor
  readonly view: View
}

/** Returns the player's sources of a job's stems. trim: on all of them alike. */
export function stemSources({ stems }: PlayerData, trim: Decibels = 0): StemSource[] {
  return stems.map(({ name, url, indexUrl, streaminfo }) => ({ stem: name, url, indexUrl, streaminfo, trim }))
}

/** A session from the first commit until the screen goes; null before. It outlives a change to another job's stems. */
export function usePlayerSession(data: PlayerData, mix: MixState, clip: Span | null): PlayerSession | null {
  const [session, setSession] = useState<PlayerSession | null>(null)
  const { sampleRate, frames } = data
  const from = clip?.from ?? 0
  const to = clip?.to ?? frames
  const names = useEffectEvent(() => data.stems.map(({ name }) => name))
  const first = useEffectEvent(() => mix)
  useEffect(() => {
    const player = createPlayer({ sampleRate, frames })
    player.seek(from / sampleRate)
    const opened = { player, editor: new MixEditor(player, names(), first()), view: new View({ from, to }) }
    setSession(opened)
    return () => player.dispose()
  }, [sampleRate, frames, from, to])
  return session
}

/** Gives the player this job's stems, as loud as the quietest of the jobs that it is compared with. */
export function useStemSources(session: PlayerSession, data: PlayerData, compared: readonly PlayerData[]): void {
  const { mix } = useMixEditor(session.editor)
  const trim = loudnessTrim(data, compared, mix)
  const sources = useMemo(() => stemSources(data, trim), [data, trim])
  useEffect(() => {
    session.player.load(sources)
    session.editor.setStems(sources.map(({ stem }) => stem))
  }, [session, sources])
}

export function useMixEditor(editor: MixEditor): MixEditorSnapshot {
  return useSyncExternalStore(editor.subscribe, editor.snapshot)
}

export function useView(view: View): ViewSnapshot {
  return useSyncExternalStore(view.subscribe, view.snapshot)
}

export function usePlayerSnapshot(player: Player): PlayerSnapshot {
  return useSyncExternalStore(player.subscribe, player.snapshot)
}
