import { expect, type Page, test } from '@playwright/test'
import { type ServiceOnS3, startServiceOnS3 } from './s3'
import { wavSong } from './song'

/** Bytes of a part. */
const PART = 8 * 1024 * 1024
const SONG = wavSong(120)
const PARTS = Math.ceil(SONG.length / PART)

let service: ServiceOnS3

test.beforeAll(async () => {
  test.setTimeout(120_000)
  const started = await startServiceOnS3()
  test.skip(typeof started === 'string', String(started))
  if (typeof started !== 'string') service = started
})
test.afterAll(async () => service?.stop())

/** The numbers of the parts that the page sends to the bucket from now on. */
function partsSent(page: Page): string[] {
  const sent: string[] = []
  page.on('request', (request) => {
    const number = new URL(request.url()).searchParams.get('partNumber')
    if (request.url().startsWith(service.bucket) && request.method() === 'PUT' && number) sent.push(number)
  })
  return sent
}

test('a song goes straight to the bucket, goes on after a reload, and plays from the bucket', async ({ page }) => {
  test.setTimeout(180_000)
  const early = partsSent(page)
  // The last part gets nowhere, and after the reload only once that has been seen.
  const last = (url: URL) => url.searchParams.get('partNumber') === String(PARTS)
  let broken = true
  let release = () => {}
  const seen = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(last, async (route) => {
    if (broken) return
    await seen
    await route.continue()
  })
  await page.goto(`${service.address}/p/songs`)
  await page.getByLabel('choose files').setInputFiles({ name: 'long.wav', mimeType: 'audio/wav', buffer: SONG })
  const row = page.getByRole('listitem').filter({ hasText: 'long.wav' })
  const bar = row.getByRole('progressbar', { name: 'Upload of long.wav' })
  await expect(async () => expect(Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(60)).toPass()
  expect(early.toSorted()).toEqual(Array.from({ length: PARTS }, (_, n) => String(n + 1)))

  broken = false
  const late = partsSent(page)
  await page.reload()
  await expect(row).toContainText('going on where it was before this page was closed')
  release()
  await expect(page.getByRole('link', { name: 'long' })).toBeVisible({ timeout: 60_000 })
  expect(late).toEqual([String(PARTS)])
  await expect(page.getByRole('status').filter({ hasText: 'long' })).toContainText('is separated', { timeout: 90_000 })

  const fromBucket: number[] = []
  page.on('response', (response) => {
    if (response.url().startsWith(`${service.bucket}jobs/`) && response.url().includes('.flac'))
      fromBucket.push(response.status())
  })
  await page.getByRole('link', { name: 'long' }).click()
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible()
  await expect.poll(() => fromBucket.length).toBeGreaterThan(3)
  expect(fromBucket.every((status) => status === 200 || status === 206)).toBe(true)
})

test('an upload is paused, goes on, and is given up', async ({ page }) => {
  const part = (url: URL) => url.searchParams.has('partNumber')
  await page.route(part, () => {})
  await page.goto(`${service.address}/p/songs`)
  await page.getByLabel('choose files').setInputFiles({ name: 'take.wav', mimeType: 'audio/wav', buffer: SONG })
  const row = page.getByRole('listitem').filter({ hasText: 'take.wav' })
  await page.getByRole('button', { name: 'Pause uploading take.wav' }).click()
  await expect(row).toContainText('paused at 0 B of')
  await page.reload()
  await expect(row).toContainText('paused')
  await page.getByRole('button', { name: 'Go on uploading take.wav' }).click()
  await expect(page.getByRole('button', { name: 'Pause uploading take.wav' })).toBeVisible()
  await page.getByRole('button', { name: 'Stop uploading take.wav' }).click()
  await expect(row).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(row).toHaveCount(0)
})
