import AxeBuilder from '@axe-core/playwright'
import { type APIRequestContext, expect, type Page, test } from '@playwright/test'
import type { PlayerData, SavedMix } from '../src/api/generated'
import { demo } from './demo'

let data: PlayerData

async function open(page: Page): Promise<void> {
  await page.goto(`/p/${data.profile}/recordings/${data.recordingId}`)
  await expect(page.getByRole('heading', { level: 1, name: data.title })).toBeVisible()
}

const label = (index: number) => data.stems[index]?.label ?? ''
const clean = async (page: Page) => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
const savedMix = async (request: APIRequestContext) =>
  (await (await request.get(`/api/recordings/${data.recordingId}/mix`)).json()) as SavedMix

test.beforeEach(async ({ request }) => {
  data = await demo(request)
})

test('a mix is kept, and undone and redone', async ({ page, request }) => {
  await open(page)
  await page.getByRole('button', { name: `Mute ${label(0)}` }).click()
  await page.getByRole('slider', { name: `${label(1)} volume` }).fill('50')
  await page.keyboard.press('Escape')
  await expect.poll(async () => Object.keys((await savedMix(request)).mix.strips ?? {}).length).toBe(2)
  await page.reload()
  await expect(page.getByRole('button', { name: `Mute ${label(0)}` })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByRole('slider', { name: `${label(1)} volume` })).toHaveValue('50')
  await page.getByRole('button', { name: 'Presets' }).click()
  await page.getByRole('button', { name: 'All stems' }).click()
  await expect(page.locator('main [aria-pressed=true]')).toHaveCount(0)
  await page.keyboard.press('Control+z')
  await expect(page.getByRole('button', { name: `Mute ${label(0)}` })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('Control+y')
  await expect(page.locator('main [aria-pressed=true]')).toHaveCount(0)
})

test('a mix that was changed in another window is not overwritten unasked', async ({ page, request }) => {
  await open(page)
  await page.getByRole('button', { name: `Mute ${label(0)}` }).click()
  const muted = async () => (await savedMix(request)).mix.strips?.[data.stems[0]?.name ?? '']?.muted
  await expect.poll(muted).toBe(true)
  const now = (await savedMix(request)).version
  await request.put(`/api/recordings/${data.recordingId}/mix`, {
    data: { masterDb: -9 },
    headers: { 'If-Match': `"${now}"` },
  })
  await page.getByRole('button', { name: `Mute ${label(1)}` }).click()
  await page.getByRole('button', { name: 'Take that one' }).click()
  await expect(page.locator('main [aria-pressed=true]')).toHaveCount(0)
  await expect(page.getByRole('slider', { name: 'Master volume' })).toHaveAttribute('aria-valuetext', /9\.0 dB/)
})

test('the keys work as soon as the player is seen', async ({ page }) => {
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector('h1')) return
      watch.disconnect()
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', code: 'KeyE' }))
    })
    watch.observe(document, { childList: true, subtree: true })
  })
  await open(page)
  await expect(page.getByRole('dialog', { name: 'Export' })).toBeVisible()
})

test('the keys set loop, marker, tempo and zoom, and a sheet tells of them', async ({ page }) => {
  await open(page)
  for (const key of ['ArrowRight', '[', 'ArrowRight', ']', 'm', '.', '+']) await page.keyboard.press(key)
  await expect(page.getByRole('slider', { name: 'Loop start' })).toHaveAttribute('aria-valuetext', '5 seconds')
  await expect(page.getByRole('slider', { name: 'Loop end' })).toHaveAttribute('aria-valuetext', '10 seconds')
  await expect(page.getByRole('button', { name: /^Marker/ })).toBeVisible()
  await expect(page.getByRole('spinbutton', { name: /Tempo/ })).toHaveValue('105')
  await page.getByRole('slider', { name: 'Loop end' }).focus()
  await page.keyboard.press('Shift+ArrowLeft')
  await expect(page.getByRole('slider', { name: 'Loop end' })).toHaveAttribute('aria-valuetext', '9 seconds')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible()
  await clean(page)
})

test('a link opens the mix to listen to, and changes nothing', async ({ page, request, browser }) => {
  await open(page)
  await page.getByRole('button', { name: `Mute ${label(0)}` }).click()
  await page.getByRole('button', { name: 'Share', exact: true }).click()
  await page.getByRole('button', { name: 'Make a link to this mix' }).click()
  const address = await page.getByRole('textbox', { name: /^Link/ }).first().inputValue()
  await clean(page)
  const before = (await savedMix(request)).version
  const stranger = await browser.newPage()
  await stranger.goto(address)
  await expect(stranger.getByRole('button', { name: `Mute ${label(0)}` })).toHaveAttribute('aria-pressed', 'true')
  await expect(stranger.getByRole('button', { name: 'Share', exact: true })).toHaveCount(0)
  await stranger.getByRole('button', { name: `Mute ${label(1)}` }).click()
  await stranger.getByRole('button', { name: 'Play' }).click()
  await expect(stranger.getByRole('slider', { name: 'Position' })).not.toHaveAttribute('aria-valuenow', '0')
  expect((await savedMix(request)).version).toBe(before)
  await page.getByRole('button', { name: /^Revoke/ }).click()
  await expect(page.getByText('There is no link yet.')).toBeVisible()
  await stranger.reload()
  await expect(stranger.getByRole('heading', { name: 'This link opens nothing' })).toBeVisible()
  await stranger.close()
})

test('a clip is kept, and plays without the rest of the song', async ({ page }) => {
  await open(page)
  for (const key of ['ArrowRight', '[', 'ArrowRight', ']']) await page.keyboard.press(key)
  await page.getByRole('button', { name: 'Share', exact: true }).click()
  await page.getByRole('textbox', { name: 'Name of the clip' }).fill('Second verse')
  await page.getByRole('button', { name: 'Keep the loop as a clip' }).click()
  const ranges: string[] = []
  page.on('request', (asked) => {
    if (asked.url().includes('.flac')) ranges.push(asked.headers().range ?? 'whole')
  })
  await page.getByRole('link', { name: 'Second verse' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Second verse' })).toBeVisible()
  await expect(page.getByRole('timer')).toHaveText('0:00.000')
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('slider', { name: 'Position' })).toHaveAttribute('aria-valuemax', '5')
  // Longer than the clip: it goes round in it.
  await page.waitForTimeout(6500)
  const largest = Math.max(...data.stems.map(({ bytes }) => bytes))
  const last = Math.max(...ranges.map((range) => Number(/-(\d+)$/.exec(range)?.[1] ?? Infinity)))
  expect(ranges.length).toBeGreaterThan(0)
  expect(last).toBeLessThan(0.6 * largest)
  await clean(page)
})

test('an exported mix is what an offline mix of the files gives, within one 16-bit step', async ({ page }) => {
  await open(page)
  await page.getByRole('slider', { name: `${label(1)} volume` }).fill('50')
  await page.getByRole('button', { name: `Mute ${label(2)}` }).click()
  const told = await page.getByRole('slider', { name: `${label(1)} volume` }).getAttribute('aria-valuetext')
  expect(told).toMatch(/dB/)
  await page.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export' })
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Export' }).click()
  expect((await download).suggestedFilename()).toBe(`${data.title}.wav`)
  const again = dialog.getByRole('link', { name: 'Download it again' })
  await expect(again).toBeVisible({ timeout: 60_000 })
  const url = (await again.getAttribute('href')) ?? ''
  const steps = await page.evaluate(compareWav, { url, data, gainAt50: gainAt(50) })
  expect(steps.level).toBeGreaterThan(1000)
  expect(steps.difference).toBeLessThanOrEqual(1)
  await clean(page)
})

for (const format of ['FLAC', 'MP3, 320 kbit/s', 'WAV, 24 bit']) {
  test(`a loop is exported as ${format}, and is as long as the loop`, async ({ page }) => {
    await open(page)
    for (const key of ['[', 'ArrowRight', ']', 'e']) await page.keyboard.press(key)
    const dialog = page.getByRole('dialog', { name: 'Export' })
    await dialog.getByText(/^Loop/).click()
    await dialog.getByText(format, { exact: true }).click()
    await dialog.getByRole('button', { name: 'Export' }).click()
    const again = dialog.getByRole('link', { name: 'Download it again' })
    await expect(again).toBeVisible({ timeout: 60_000 })
    const seconds = await page.evaluate(
      async (url) => {
        const file = await (await fetch(url)).arrayBuffer()
        return (await new OfflineAudioContext(2, 1, 44_100).decodeAudioData(file)).duration
      },
      (await again.getAttribute('href')) ?? '',
    )
    expect(seconds).toBeGreaterThan(4.99)
    // An MP3 has the encoder's own silence around it.
    expect(seconds).toBeLessThan(format.startsWith('MP3') ? 5.1 : 5.001)
  })
}

/** taper.ts's curve, so that the test doesn't take its figure from the rounded text. */
function gainAt(position: number): number {
  return 6 - 66 * (1 - position / 100) ** (Math.log(6 / 66) / Math.log(1 - 78 / 100))
}

/** In the page: the largest difference between a 16-bit WAV and Σ gain · stem of the service's own files, in steps. */
async function compareWav({ url, data, gainAt50 }: { url: string; data: PlayerData; gainAt50: number }) {
  const wav = new DataView(await (await fetch(url)).arrayBuffer())
  let at = 12
  while (wav.getUint32(at, false) !== 0x64617461) at += 8 + wav.getUint32(at + 4, true)
  const frames = Math.min(wav.getUint32(at + 4, true), wav.byteLength - at - 8) / 4
  if (frames !== data.frames) throw new Error(`${frames} frames instead of ${data.frames}`)
  const sum = [new Float64Array(frames), new Float64Array(frames)]
  for (const [index, stem] of data.stems.entries()) {
    const factor = index === 1 ? 10 ** (gainAt50 / 20) : index === 2 ? 0 : 1
    const file = await (await fetch(stem.url)).arrayBuffer()
    const buffer = await new OfflineAudioContext(2, 1, data.sampleRate).decodeAudioData(file)
    sum.forEach((channel, side) => {
      const samples = buffer.getChannelData(Math.min(side, buffer.numberOfChannels - 1))
      for (let i = 0; i < frames; i++) channel[i] = (channel[i] ?? 0) + factor * (samples[i] ?? 0)
    })
  }
  let difference = 0
  let level = 0
  for (let i = 0; i < frames; i++) {
    for (const side of [0, 1]) {
      const got = wav.getInt16(at + 8 + 4 * i + 2 * side, true)
      level = Math.max(level, Math.abs(got))
      difference = Math.max(difference, Math.abs(got - 32_768 * (sum[side]?.[i] ?? 0)))
    }
  }
  return { difference, level }
}
