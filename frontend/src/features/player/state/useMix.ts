import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import type { SavedMix } from '@/api/generated'
import { getMixOptions, getMixQueryKey } from '@/api/generated/@tanstack/react-query.gen'
import { saveMix } from '@/api/generated/sdk.gen'
import { fromWire, type MixState, toWire } from './mix'
import type { MixEditor } from './mixEditor'
import { MixSaver, type SaveState } from './mixSaver'

const STALE = 412

/** The recording's saved mix, read once per visit. */
export function useSavedMix(recordingId: string) {
  return useQuery({
    ...getMixOptions({ path: { recording_id: recordingId } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
}

/** Keeps the service's copy of the mix like the editor's. */
export function useSaving(recordingId: string, editor: MixEditor, saved: SavedMix) {
  const client = useQueryClient()
  const key = getMixQueryKey({ path: { recording_id: recordingId } })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version counts on from the one that was read
  const saver = useMemo(
    () =>
      new MixSaver<MixState>({
        version: saved.version,
        send: (mix, version, last) => sendMix(recordingId, mix, version, last),
      }),
    [recordingId, editor],
  )
  useEffect(() => {
    const flush = () => saver.flush()
    const unsubscribe = editor.subscribe(() => saver.schedule(editor.snapshot().mix))
    window.addEventListener('pagehide', flush)
    return () => {
      unsubscribe()
      window.removeEventListener('pagehide', flush)
      saver.dispose()
    }
  }, [saver, editor])
  const state: SaveState = useSyncExternalStore(saver.subscribe, saver.state)
  /** keep: what is on screen wins over what somebody else saved. */
  const settle = async (keep: boolean) => {
    const theirs = await client.fetchQuery({ ...getMixOptions({ path: { recording_id: recordingId } }), staleTime: 0 })
    client.setQueryData(key, theirs)
    saver.settle(theirs.version, keep)
    if (!keep) editor.replace(fromWire(theirs.mix, editor.player.frames))
  }
  return { state, settle }
}

async function sendMix(recordingId: string, mix: MixState, version: number, last: boolean) {
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
