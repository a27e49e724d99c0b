import { expect, type Page, test } from '@playwright/test'
import type { PlayerData } from '../src/api/generated'
import { demo } from './demo'

const address = ({ profile, recordingId }: PlayerData) => `/p/${profile}/recordings/${recordingId}`

test.use({ serviceWorkers: 'allow' })

/** The page under its service worker. */
async function underWorker(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
  })
  await page.reload()
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
}

test('the page can be installed', async ({ page, request }) => {
  await page.goto('/')
  const href = await page.locator('link[rel=manifest]').getAttribute('href')
  const manifest = await (await request.get(href ?? '')).json()
  expect(manifest).toMatchObject({ display: 'standalone', start_url: '/' })
  for (const { src, type } of manifest.icons) {
    expect((await request.get(src)).headers()['content-type']).toBe(type)
  }
})

test('a recording that is kept here plays without a network, and can be removed', async ({
  page,
  context,
  request,
}) => {
  const data = await demo(request)
  await underWorker(page, address(data))
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('button', { name: /^Keep on this device/ }).click()
  await expect(page.getByText(/^Kept on this device/)).toBeVisible({ timeout: 30_000 })
  await context.setOffline(true)
  await page.goto(address(data))
  await expect(page.getByRole('heading', { level: 1, name: data.title })).toBeVisible()
  await expect(page.getByText('No network')).toBeVisible()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('slider', { name: 'Position' })).toHaveAttribute('aria-valuenow', '7')
  await expect(page.getByRole('alert')).toHaveCount(0)
  await context.setOffline(false)
  await page.goto('/settings')
  await page.getByRole('button', { name: `Remove ${data.title} from this device` }).click()
  await expect(page.getByText(/^No recording is kept/)).toBeVisible()
  expect(await page.evaluate(async () => (await (await caches.open('pins')).keys()).length)).toBeLessThan(10)
})

test('what a headset and a lock screen ask for is done', async ({ page, request }) => {
  const data = await demo(request)
  await page.addInitScript(() => {
    const handlers = new Map<string, MediaSessionActionHandler | null>()
    navigator.mediaSession.setActionHandler = (action, handler) => void handlers.set(action, handler)
    Object.assign(window, {
      press: (action: MediaSessionAction, more = {}) => handlers.get(action)?.({ action, ...more }),
    })
  })
  await page.goto(address(data))
  await expect(page.getByRole('heading', { level: 1, name: data.title })).toBeVisible()
  const press = (action: string, more = {}) =>
    page.evaluate(
      ([name, rest]) =>
        (window as unknown as { press: (name: string, rest: object) => void }).press(name as string, rest as object),
      [action, more] as const,
    )
  const position = page.getByRole('slider', { name: 'Position' })
  await press('seekto', { seekTime: 12 })
  await expect(position).toHaveAttribute('aria-valuenow', '12')
  await press('seekbackward')
  await expect(position).toHaveAttribute('aria-valuenow', '7')
  await page.mouse.click(5, 5)
  await press('play')
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  expect(await page.evaluate(() => navigator.mediaSession.metadata?.title)).toBe(data.title)
  await press('pause')
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible()
})
