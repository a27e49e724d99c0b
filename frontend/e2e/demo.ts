import { type APIRequestContext, expect } from '@playwright/test'
import type { PlayerData, RecordingPage } from '../src/api/generated'
import { forgetMix } from './mix'

/** The demo song's stems, with a neutral mix; a service that has just begun its life still separates them. */
export async function demo(request: APIRequestContext): Promise<PlayerData> {
  const newest = async () => {
    const list = (await (await request.get('/api/recordings?profile=demo')).json()) as RecordingPage
    return list.items[0]
  }
  await expect.poll(async () => (await newest())?.latestJob?.state, { timeout: 60_000 }).toBe('succeeded')
  const id = (await newest())?.id ?? ''
  await forgetMix(request, id)
  return (await request.get(`/api/recordings/${id}/player`)).json()
}
