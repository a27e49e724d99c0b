import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { wavSong } from './song'

const wav = (name: string, seconds: number) => ({ name, mimeType: 'audio/wav', buffer: wavSong(seconds) })

async function openSongs(page: Page): Promise<void> {
  await page.goto('/')
  await expect(page).toHaveURL(/\/p\/demo$/)
  await page.getByRole('navigation', { name: 'Profiles' }).getByRole('link', { name: 'My songs' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'My songs' })).toBeVisible()
}

test('a dropped song is separated node by node, and plays', async ({ page }) => {
  await openSongs(page)
  await page.getByLabel('choose files').setInputFiles(wav('first take.wav', 90))

  const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'first take' }) })
  const steps = row.getByRole('list', { name: 'Steps of separating first take' })
  await expect(steps.getByRole('progressbar')).toHaveCount(3)
  await expect(steps.getByRole('progressbar').first()).toHaveAttribute('aria-valuenow', '100')
  await expect(page.getByRole('status').filter({ hasText: 'first take' })).toContainText('is separated', {
    timeout: 60_000,
  })
  for (const stem of ['Drums', 'Bass', 'Vocals', 'Other']) {
    await expect(row.getByTitle(stem).filter({ visible: true })).toHaveCount(1)
  }

  await page.getByRole('link', { name: 'first take' }).click()
  await expect(page).toHaveURL(/\/p\/songs\/recordings\//)
  await expect(page.getByRole('heading', { level: 1, name: 'first take' })).toBeVisible()
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
})

test('several songs go up at once', async ({ page }) => {
  await openSongs(page)
  await page.getByLabel('choose files').setInputFiles([wav('left.wav', 3), wav('right.wav', 4)])
  for (const title of ['left', 'right']) {
    const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: title, exact: true }) })
    await expect(row.getByTitle('Drums').filter({ visible: true })).toHaveCount(1, { timeout: 60_000 })
  }
})

test('a file that is no sound is refused in words', async ({ page }) => {
  await openSongs(page)
  const file = { name: 'shopping.mp3', mimeType: 'audio/mpeg', buffer: Buffer.from('bread, butter\n'.repeat(200)) }
  await page.getByLabel('choose files').setInputFiles(file)
  await expect(page.getByText(/^Not uploaded: .+/)).toBeVisible()
  await page.getByRole('button', { name: 'Remove the message about shopping.mp3' }).click()
  await expect(page.getByText('shopping.mp3')).toHaveCount(0)
})

test('a song dropped anywhere on the page is uploaded', async ({ page }) => {
  await openSongs(page)
  const bytes = wavSong(2).toString('base64')
  const transfer = await page.evaluateHandle(async (content) => {
    const body = await (await fetch(`data:audio/wav;base64,${content}`)).blob()
    const dropped = new DataTransfer()
    dropped.items.add(new File([body], 'dropped.wav', { type: 'audio/wav' }))
    return dropped
  }, bytes)
  const heading = page.getByRole('heading', { level: 1 })
  await heading.dispatchEvent('dragenter', { dataTransfer: transfer })
  await expect(page.getByText('Let go to upload')).toBeVisible()
  await heading.dispatchEvent('drop', { dataTransfer: transfer })
  await expect(page.getByRole('link', { name: 'dropped' })).toBeVisible()
})

test('the strategy is chosen with the keyboard alone', async ({ page }) => {
  await openSongs(page)
  const choice = page.getByRole('combobox', { name: 'How to separate' })
  await expect(choice).toContainText('instant')
  await expect(page.getByText(/preview that needs no download/)).toBeVisible()
  await choice.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(choice).not.toContainText('instant')
  await expect(choice).toBeFocused()
})

for (const colorScheme of ['dark', 'light'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 844 } })

      test('axe finds nothing, and nothing sticks out', async ({ page }) => {
        for (const address of ['/p/demo', '/p/songs', '/p/nope', '/nowhere']) {
          await page.goto(address)
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
          expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
          expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
        }
      })
    })
  }
}
