import type { APIRequestContext } from '@playwright/test'
import type { SavedMix } from '../src/api/generated'

/** Puts a recording's mix back to neutral, whatever the tests before have set. */
export async function forgetMix(request: APIRequestContext, recordingId: string): Promise<void> {
  const address = `/api/recordings/${recordingId}/mix`
  const { version } = (await (await request.get(address)).json()) as SavedMix
  if (version > 0) await request.put(address, { data: {}, headers: { 'If-Match': `"${version}"` } })
}
