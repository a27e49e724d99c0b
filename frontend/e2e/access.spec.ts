import { expect, type Page, test } from '@playwright/test'
import { freePort } from './freePort'
import { startService } from './service'
import { wavSong } from './song'

const KEY = 'the-key-of-the-closed-service'

let address: string
let stop: (() => Promise<void>) | undefined

test.beforeAll(async () => {
  test.setTimeout(90_000)
  const port = await freePort()
  address = `http://127.0.0.1:${port}`
  stop = await startService(port, { STEMSET_ACCESS: 'closed', STEMSET_ACCESS_KEY: KEY })
})
test.afterAll(async () => stop?.())

async function enter(page: Page, key: string): Promise<void> {
  await page.getByLabel('Key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

function closed(page: Page) {
  return page.getByRole('heading', { level: 1, name: 'This Stemset is closed' })
}

function library(page: Page) {
  return page.getByLabel('choose files')
}

function keptHere(page: Page): Promise<boolean> {
  return page.evaluate(() => caches.has('pins'))
}

test('the right key lets a browser in, for as long as it does not sign out', async ({ page }) => {
  await page.goto(`${address}/p/songs`)
  await expect(closed(page)).toBeVisible()
  await expect(library(page)).toHaveCount(0)
  expect((await page.request.get(`${address}/api/recordings`)).status()).toBe(401)

  await enter(page, 'not-the-key-of-this-service')
  await expect(page.getByRole('alert')).toHaveText('This is not the key of this Stemset.')
  await expect(page.getByLabel('Key')).toBeFocused()
  await expect(closed(page)).toBeVisible()

  await enter(page, KEY)
  await expect(library(page)).toBeAttached()
  await expect(page).toHaveURL(`${address}/p/songs`)
  const [session] = await page.context().cookies()
  expect(session).toMatchObject({ name: 'stemset_session', httpOnly: true, sameSite: 'Strict' })
  expect(session?.value).not.toContain(KEY)

  await page.reload()
  await expect(library(page)).toBeAttached()
  await expect(closed(page)).toHaveCount(0)

  await library(page).setInputFiles({ name: 'take.wav', mimeType: 'audio/wav', buffer: wavSong(3) })
  await expect(page.getByRole('status').filter({ hasText: 'take' })).toContainText('is separated', { timeout: 60_000 })
  await page.getByRole('link', { name: 'take' }).click()
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible()

  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('button', { name: /^Keep on this device/ }).click()
  await expect(page.getByText(/^Kept on this device/)).toBeVisible({ timeout: 30_000 })
  expect(await keptHere(page)).toBe(true)

  await page.goto(`${address}/settings`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(closed(page)).toBeVisible()
  expect(await keptHere(page)).toBe(false)
  await page.reload()
  await expect(closed(page)).toBeVisible()
  await page.goto(`${address}/p/songs`)
  await expect(closed(page)).toBeVisible()
  expect((await page.request.get(`${address}/api/recordings`)).status()).toBe(401)
})

test('whoever keeps guessing is told to wait', async ({ page }) => {
  await page.goto(address)
  for (let wrong = 0; wrong < 12; wrong++)
    await page.request.post(`${address}/api/session`, { data: { key: `guess ${wrong}` } })
  await enter(page, KEY)
  await expect(page.getByRole('alert')).toContainText('too many wrong keys')
  await expect(closed(page)).toBeVisible()
})
