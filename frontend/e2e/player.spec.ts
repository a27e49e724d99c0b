import AxeBuilder from '@axe-core/playwright'
import { type APIRequestContext, expect, type Page, test } from '@playwright/test'
import type { PlayerData, RecordingPage } from '../src/api/generated'
import { forgetMix } from './mix'
import { compareOutput, listenIn } from './sound'

// The ear's worklet comes from a blob address.
test.use({ bypassCSP: true })

/** The demo's stems; a service that has just begun its life still separates them. */
async function demo(request: APIRequestContext): Promise<PlayerData> {
  const newest = async () => {
    const list = (await (await request.get('/api/recordings?profile=demo')).json()) as RecordingPage
    return list.items[0]
  }
  await expect.poll(async () => (await newest())?.latestJob?.state, { timeout: 60_000 }).toBe('succeeded')
  const id = (await newest())?.id ?? ''
  await forgetMix(request, id)
  return (await request.get(`/api/recordings/${id}/player`)).json()
}

async function open(page: Page, data: PlayerData): Promise<void> {
  await listenIn(page)
  await page.goto(`/p/${data.profile}/recordings/${data.recordingId}`)
  await expect(page.getByRole('heading', { level: 1, name: data.title })).toBeVisible()
  await expect(page.getByText(/^Loading/)).toHaveCount(0)
}

/**
 * Plays from the start with the ear in place. Chromium moves a context to another thread when its first worklet
 * comes, and its clock slips by a buffer there: so that happens before the start that is measured.
 */
async function playAndListen(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Play' }).click()
  await page.evaluate(() => window.ear.open())
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('button', { name: 'To start' }).click()
  await page.getByRole('button', { name: 'Play' }).click()
  await settled(page)
}

/** Longer than the 5 ms time constant of every change needs to fade out of the measurement. */
const settled = (page: Page) => page.waitForTimeout(300)

test.describe('playing the demo', () => {
  let data: PlayerData

  test.beforeEach(async ({ page, request }) => {
    data = await demo(request)
    await open(page, data)
  })

  /** The stems as the page should mix them; without a factor at 0 dB. */
  const mix = (factors: Record<string, number> = {}) =>
    data.stems.map(({ name, url }) => ({ url, factor: factors[name] ?? 1 }))
  const silentBut = (name: string) =>
    mix(Object.fromEntries(data.stems.map((stem) => [stem.name, stem.name === name ? 1 : 0])))

  test('sounds as fader, mute and solo say', async ({ page }) => {
    const [first, second] = data.stems
    if (!first || !second) throw new Error('The demo has fewer than two stems')
    await playAndListen(page)
    const whole = await compareOutput(page, mix())
    expect(whole.level).toBeGreaterThan(-40)
    expect(whole.remainder).toBeLessThan(-90)

    const fader = page.getByRole('slider', { name: `${first.label} volume` })
    await fader.fill('50')
    const gain = Number((await fader.getAttribute('aria-valuetext'))?.replace('−', '-').replace(' dB', ''))
    expect(gain).toBeLessThan(-10)
    await settled(page)
    // The text gives the gain to a tenth of a decibel, that is to 1.2 % of the stem.
    const lowered = await compareOutput(page, mix({ [first.name]: 10 ** (gain / 20) }))
    const untouched = await compareOutput(page, mix())
    expect(lowered.remainder).toBeLessThan(-40)
    expect(untouched.remainder).toBeGreaterThan(lowered.remainder + 10)

    await fader.dblclick()
    await page.getByRole('button', { name: `Mute ${first.label}` }).click()
    await settled(page)
    expect((await compareOutput(page, mix({ [first.name]: 0 }))).remainder).toBeLessThan(-90)

    await page.keyboard.press('0')
    await page.getByRole('button', { name: `Solo ${second.label}` }).click()
    await settled(page)
    expect((await compareOutput(page, silentBut(second.name))).remainder).toBeLessThan(-90)
  })

  test('follows the keyboard', async ({ page }) => {
    const position = page.getByRole('slider', { name: 'Position' })
    const [first] = data.stems
    await page.keyboard.press('ArrowRight')
    await expect(position).toHaveAttribute('aria-valuenow', '5')
    await page.keyboard.press('1')
    await expect(page.getByRole('button', { name: `Mute ${first?.label}` })).toHaveAttribute('aria-pressed', 'true')
    await page.keyboard.press('Shift+1')
    await expect(page.getByRole('button', { name: `Solo ${first?.label}` })).toHaveAttribute('aria-pressed', 'true')
    await page.keyboard.press('0')
    await expect(page.locator('main [aria-pressed=true]')).toHaveCount(0)
    await page.keyboard.press('Space')
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
    await page.keyboard.press('Space')
    await expect(page.getByRole('button', { name: 'Play' })).toBeVisible()
  })

  test('goes where a lane is clicked', async ({ page }) => {
    const lane = await page.getByRole('region', { name: data.stems[0]?.label ?? '' }).boundingBox()
    if (!lane) throw new Error('The first lane is not on screen')
    const strip = 232
    await page.mouse.click(lane.x + strip + (lane.width - strip) / 2, lane.y + lane.height / 2)
    const middle = Math.floor(data.frames / data.sampleRate / 2)
    const position = page.getByRole('slider', { name: 'Position' })
    await expect
      .poll(async () => Number(await position.getAttribute('aria-valuenow')))
      .toBeGreaterThanOrEqual(middle - 1)
    expect(Number(await position.getAttribute('aria-valuenow'))).toBeLessThanOrEqual(middle + 1)
  })

  for (const theme of ['dark', 'light'] as const) {
    for (const width of [1440, 390]) {
      test(`has nothing for axe to find, ${theme}, ${width} px`, async ({ page }) => {
        await page.emulateMedia({ colorScheme: theme })
        await page.setViewportSize({ width, height: 900 })
        await page.getByRole('button', { name: `Mute ${data.stems[0]?.label}` }).click()
        await page.getByRole('button', { name: `Solo ${data.stems[1]?.label}` }).click()
        await settled(page)
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      })
    }
  }
})

test('a missing stem is named, and the others play', async ({ page, request }) => {
  const data = await demo(request)
  const gone = data.stems[1]
  await page.route(`**${gone?.url}`, (route) => route.fulfill({ status: 404, body: '' }))
  await open(page, data)
  await expect(page.getByRole('alert')).toContainText(`${gone?.label} cannot be played`)
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await expect(page.getByRole('timer', { name: 'Position' })).not.toHaveText(/^0:00[.:]0/)
})
