import { writeFileSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Locator, type Page, test } from '@playwright/test'
import { longSong, wavSong } from './song'

const wav = (name: string, seconds: number) => ({ name, mimeType: 'audio/wav', buffer: wavSong(seconds) })
const link = (page: Page, title: string) => page.getByRole('link', { name: title, exact: true })
const row = (page: Page, title: string): Locator =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name: title, exact: true }) })

async function openSongs(page: Page, view = ''): Promise<void> {
  await page.goto(`/p/songs${view}`)
  await expect(page.getByRole('heading', { level: 1, name: 'My songs' })).toBeVisible()
}

async function choose(page: Page, title: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `More for ${title}`, exact: true }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

const clean = async (page: Page) => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

test.describe.configure({ mode: 'serial' })

test('songs are uploaded in bulk, and one that is here already is told', async ({ page }) => {
  await openSongs(page)
  await page.getByLabel('choose files').setInputFiles([wav('argon.wav', 2.5), wav('boron.wav', 2.7)])
  for (const title of ['argon', 'boron']) {
    await expect(row(page, title).getByTitle('Drums').filter({ visible: true })).toHaveCount(1, { timeout: 60_000 })
  }
  await page.getByLabel('choose files').setInputFiles(wav('argon once more.wav', 2.5))
  await expect(page.getByText('This song is here already, as “argon”')).toBeVisible()
  await clean(page)
  await page.getByRole('button', { name: 'Remove the message about argon once more.wav' }).click()
  await expect(page.getByText('argon once more')).toHaveCount(0)
})

test('a recording is renamed in its place, with the keyboard alone', async ({ page }) => {
  await openSongs(page)
  await page.getByRole('button', { name: 'More for boron' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: 'New title of boron' })).toBeFocused()
  await page.keyboard.type('Carbon, second take')
  await page.keyboard.press('Enter')
  await expect(link(page, 'Carbon, second take')).toBeVisible()
  await expect(page.getByRole('button', { name: 'More for Carbon, second take' })).toBeFocused()
  await page.reload()
  await expect(link(page, 'Carbon, second take')).toBeVisible()
})

test('a tag is added, and the list is narrowed to it', async ({ page }) => {
  await openSongs(page)
  await choose(page, 'argon', 'Edit tags')
  await page.keyboard.type('rehearsal')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Take away the tag rehearsal' })).toBeVisible()
  await clean(page)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('group', { name: 'Tags' }).getByRole('button', { name: 'rehearsal' }).click()
  await expect(page).toHaveURL(/\?tag=rehearsal$/)
  await expect(link(page, 'Carbon, second take')).toHaveCount(0)
  await expect(link(page, 'argon')).toBeVisible()
})

test('recordings are found by their words, and the address keeps them', async ({ page }) => {
  await openSongs(page)
  await expect(link(page, 'argon')).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('CARBON')
  await expect(page).toHaveURL(/\?q=CARBON$/)
  await expect(link(page, 'argon')).toHaveCount(0)
  await expect(page.getByText('1 recording found')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('searchbox')).toHaveValue('CARBON')
  await expect(link(page, 'Carbon, second take')).toBeVisible()
  await page.getByRole('searchbox').fill('xenon')
  await expect(page.getByRole('heading', { name: 'No recording matches' })).toBeVisible()
  await clean(page)
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(link(page, 'argon')).toBeVisible()
})

test('recordings are put in order', async ({ page }) => {
  await openSongs(page)
  const titles = page.getByRole('link', { name: /^(argon|Carbon, second take)$/ })
  const order = page.getByRole('combobox', { name: 'Order' })
  await order.selectOption('Title, Z to A')
  await expect(titles).toHaveText(['Carbon, second take', 'argon'])
  await order.selectOption('Title, A to Z')
  await expect(titles).toHaveText(['argon', 'Carbon, second take'])
})

test('stems are offered, all at once or one in a format of choice', async ({ page }) => {
  await openSongs(page)
  await page.getByRole('button', { name: 'More for argon' }).click()
  await clean(page)
  const zip = page.getByRole('menuitem', { name: 'Download all stems (ZIP)' })
  await expect(zip).toHaveAttribute('href', /^\/api\/jobs\/[^/]+\/download$/)
  await page.getByRole('menuitem', { name: 'Download single stems…' }).click()
  await page.getByRole('radio', { name: 'MP3' }).check()
  await clean(page)
  const drums = page.getByRole('list', { name: 'Single stems' }).getByRole('link', { name: /Drums/ })
  await expect(drums).toHaveAttribute('href', /\/stems\/drums\/download\?format=mp3$/)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('a recording is deleted, after a question', async ({ page }) => {
  await openSongs(page)
  for (const title of ['Carbon, second take', 'argon']) {
    await choose(page, title, 'Delete…')
    await clean(page)
    await page.getByRole('button', { name: 'Keep it' }).click()
    await expect(link(page, title)).toBeVisible()
    await choose(page, title, 'Delete…')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await expect(link(page, title)).toHaveCount(0)
  }
})

test('the queue shows what waits, and lets it be cancelled', async ({ page }, info) => {
  await openSongs(page)
  const files = ['long one.wav', 'long two.wav'].map((name) => info.outputPath(name))
  for (const [number, file] of files.entries()) writeFileSync(file, longSong(400 + number))
  await page.getByLabel('choose files').setInputFiles(files)
  await expect(row(page, 'long two').getByRole('button', { name: 'Cancel separating long two' })).toBeVisible()
  await page.getByRole('link', { name: /Open the queue/ }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Queue' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Waiting' }).getByRole('link', { name: /^long/ })).toBeVisible()
  await clean(page)
  await page
    .getByRole('region', { name: 'Waiting' })
    .getByRole('button', { name: /^Cancel separating long/ })
    .click()
  await expect(page.getByRole('region', { name: 'Waiting' })).toHaveCount(0)
  await page.getByRole('button', { name: /^Cancel separating long/ }).click()
  await expect(page.getByRole('heading', { name: 'Nothing is waiting' })).toBeVisible()
})

for (const colorScheme of ['dark', 'light'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 844 } })

      test('axe finds nothing in the queue, the menu and the dialog, and nothing sticks out', async ({ page }) => {
        await page.goto('/queue')
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await clean(page)
        await page.goto('/p/demo')
        await page
          .getByRole('button', { name: /^More for/ })
          .first()
          .click()
        await clean(page)
        await page.getByRole('menuitem', { name: 'Delete…' }).click()
        await clean(page)
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
      })
    })
  }
}
