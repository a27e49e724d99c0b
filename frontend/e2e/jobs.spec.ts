import AxeBuilder from '@axe-core/playwright'
import { type APIRequestContext, expect, type Page, test } from '@playwright/test'
import type { Uploaded } from '../src/api/generated'
import { longSong, wavSong } from './song'

/** A song that `instant` has separated. */
async function separated(request: APIRequestContext, name: string): Promise<{ recording: string; job: string }> {
  const file = { name: `${name}.wav`, mimeType: 'audio/wav', buffer: wavSong(6) }
  const answer = await request.post('/api/recordings', { multipart: { profile: 'songs', strategy: 'instant', file } })
  const { recording, job } = (await answer.json()) as Uploaded
  const state = async () => (await (await request.get(`/api/jobs/${job?.id}`)).json()).state
  await expect.poll(state, { timeout: 60_000 }).toBe('succeeded')
  return { recording: recording.id, job: job?.id ?? '' }
}

async function noComplaints(page: Page): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
}

test('every strategy is drawn with its models, slots and stems', async ({ page }) => {
  await page.goto('/p/songs')
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Strategies' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Strategies' })).toBeVisible()

  const instant = page.getByRole('article', { name: 'instant' })
  await expect(instant.getByText('ready')).toBeVisible()
  await expect(instant.getByRole('group', { name: 'Tree of instant' }).getByRole('listitem')).toHaveCount(6)

  const demucs = page.getByRole('article', { name: 'htdemucs_ft' })
  await demucs.getByText(/^1 model:/).click()
  await expect(demucs.getByText(/vocals 8\.38 dB/)).toContainText('Multisong')
  await expect(demucs.getByText('htdemucs_ft.yaml', { exact: true })).toBeVisible()
})

test('a song is separated again from the cache, and the older stems still play', async ({ page, request }) => {
  const { recording, job } = await separated(request, 'again')
  await page.goto(`/p/songs/recordings/${recording}`)
  await page.getByRole('link', { name: 'Details' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'again' })).toBeVisible()
  await expect(page.getByText('nothing: they add up to the song bit for bit')).toBeVisible()

  const choice = page.getByRole('combobox', { name: 'How to separate' })
  await choice.click()
  await page.getByRole('option', { name: /^instant/ }).click()
  await page.getByRole('checkbox', { name: 'Run it again all the same' }).check()
  await page.getByRole('button', { name: 'Separate', exact: true }).click()
  await expect(page).not.toHaveURL(new RegExp(`${job}$`))

  const steps = page.getByRole('table', { name: 'Each model run of this job' })
  await expect(steps.getByText('from cache')).toHaveCount(3, { timeout: 60_000 })
  const list = page.getByRole('region', { name: 'All separations of this song' })
  await expect(list.getByRole('link', { name: 'Play the stems of instant' })).toHaveCount(2)

  await list.getByRole('link', { name: 'Play the stems of instant' }).last().click()
  await expect(page).toHaveURL(new RegExp(`job=${job}`))
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
})

test('stems that are ready play while the others are still being separated', async ({ page, request }) => {
  const file = { name: 'patience.wav', mimeType: 'audio/wav', buffer: longSong(240) }
  const answer = await request.post('/api/recordings', { multipart: { profile: 'songs', strategy: 'instant', file } })
  const { recording, job } = (await answer.json()) as Uploaded
  await page.goto(`/p/songs/recordings/${recording.id}`)
  const ready = page.getByRole('region', { name: 'Drums' })
  const pending = page.getByText('Still being separated')
  await expect(ready.getByRole('slider').first()).toBeVisible({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  const position = async () =>
    Number(await page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuenow'))
  await expect.poll(position).toBeGreaterThan(1)
  expect(await pending.count()).toBeGreaterThan(0)
  const state = async () => (await (await request.get(`/api/jobs/${job?.id}`)).json()).state
  expect(await state()).toBe('running')

  // The others come in by themselves, and what plays goes on.
  await expect(pending).toHaveCount(0, { timeout: 60_000 })
  for (const name of ['Vocals', 'Drums', 'Bass', 'Other'])
    await expect(page.getByRole('region', { name }).getByRole('slider').first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible()
  const before = await position()
  await expect.poll(position).toBeGreaterThan(before)
})

test('the strategy that a browser prefers is chosen for new songs', async ({ page }) => {
  await page.goto('/settings')
  await page.getByRole('combobox', { name: 'Strategy for My songs' }).selectOption('htdemucs_ft')
  await page.getByRole('link', { name: 'stemset' }).click()
  await page.getByRole('link', { name: 'My songs' }).click()
  await expect(page.getByRole('combobox', { name: 'How to separate' })).toContainText('htdemucs_ft')
})

for (const colorScheme of ['dark', 'light'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 844 } })

      test('axe finds nothing, and nothing sticks out', async ({ page, request }) => {
        const { recording, job } = await separated(request, `seen in ${colorScheme} at ${width}`)
        for (const address of ['/strategies', '/settings', `/p/songs/recordings/${recording}/jobs/${job}`]) {
          await page.goto(address)
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
          await expect(page.getByText(/Loading|Asking/)).toHaveCount(0)
          for (const summary of await page.locator('main summary').all()) await summary.click()
          await noComplaints(page)
        }
      })

      test('the pages are reached without a mouse', async ({ page }) => {
        await page.goto('/p/songs')
        const pages = page.getByRole('navigation', { name: 'Pages' })
        if (width < 768) {
          await pages.getByRole('button', { name: 'Pages' }).focus()
          await page.keyboard.press('Enter')
        }
        await pages.getByRole('link', { name: 'Settings' }).focus()
        await page.keyboard.press('Enter')
        await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
        await noComplaints(page)
      })
    })
  }
}
