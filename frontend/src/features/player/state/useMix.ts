import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import type { SavedMix } from '@/api/generated'
import { getMixOptions, getMixQueryKey } from '@/api/generated/@tanstack/react-query.gen'
import { saveMix } from '@/api/generated/sdk.gen'
import { fromWire, type MixState, toWire } from './mix'
import type { Desk } from './mixEditor'
import { Saver, type SaveState } from './mixSaver'

const STALE = 412

/** The recording's saved mix, read once per visit. */
export function useSavedMix(recordingId: string) {
  return useQuery({
    ...getMixOptions({ path: { recording_id: recordingId } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
}

/** Keeps the service's copy of the mix like the desk's. */
export function useSaving(recordingId: string, desk: Desk, saved: SavedMix) {
  const client = useQueryClient()
  const key = getMixQueryKey({ path: { recording_id: recordingId } })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version counts on from the one that was read
  const saver = useMemo(
    () =>
      new Saver<MixState>({
        version: saved.version,
        send: (mix, version, last) => send(recordingId, mix, version, last),
      }),
    [recordingId, desk],
  )
  useEffect(() => {
    const flush = () => saver.flush()
    const unsubscribe = desk.subscribe(() => saver.changed(desk.snapshot().mix))
    window.addEventListener('pagehide', flush)
    return () => {
      unsubscribe()
      window.removeEventListener('pagehide', flush)
      saver.dispose()
    }
  }, [saver, desk])
  const state: SaveState = useSyncExternalStore(saver.subscribe, saver.state)
  /** keep: what is on screen wins over what somebody else saved. */
  const settle = async (keep: boolean) => {
    const theirs = await client.fetchQuery({ ...getMixOptions({ path: { recording_id: recordingId } }), staleTime: 0 })
    client.setQueryData(key, theirs)
    saver.settle(theirs.version, keep)
    if (!keep) desk.replace(fromWire(theirs.mix, desk.player.frames))
  }
  return { state, settle }
}

async function send(recordingId: string, mix: MixState, version: number, last: boolean) {
  const { data, response, error } = await saveMix({
    path: { recording_id: recordingId },
    headers: { 'If-Match': `"${version}"` },
    body: toWire(mix),
    keepalive: last,
  })
  if (data) return { kind: 'saved', version: data.version } as const
  if (response?.status === STALE) return { kind: 'stale' } as const
  throw error
}
