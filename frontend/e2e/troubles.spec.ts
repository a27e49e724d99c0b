import { expect, type Page, test } from '@playwright/test'
import type { PlayerData, Uploaded } from '../src/api/generated'
import { demo } from './demo'

async function open(page: Page, { profile, recordingId, title }: PlayerData): Promise<void> {
  await page.goto(`/p/${profile}/recordings/${recordingId}`)
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
}

/** Lets the page see other player data than the service has. */
async function pretend(page: Page, change: (data: PlayerData) => PlayerData): Promise<void> {
  await page.route('**/api/recordings/*/player*', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: change(await answer.json()) })
  })
}

/** One second of a tone, 16 bit, 8 kHz, one channel. */
function shortSong(): Buffer {
  const frames = 8000
  const wav = Buffer.alloc(44 + 2 * frames)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + 2 * frames, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(8000, 24)
  wav.writeUInt32LE(16_000, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(2 * frames, 40)
  for (let i = 0; i < frames; i++) wav.writeInt16LE(Math.round(9000 * Math.sin(i / 5)), 44 + 2 * i)
  return wav
}

test('a browser without Web Audio says so, and the stems can still be had', async ({ page, request }) => {
  const data = await demo(request)
  await page.addInitScript(() => {
    for (const name of ['AudioContext', 'webkitAudioContext']) Reflect.deleteProperty(window, name)
  })
  await open(page, data)
  await expect(page.getByRole('alert')).toContainText('no Web Audio')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByText('Stems (ZIP)').click()
  await expect(page.getByRole('link', { name: 'Download' })).toBeVisible()
})

test('a file that is no FLAC is named, and the other stems play', async ({ page, request }) => {
  const data = await demo(request)
  const broken = data.stems[0]
  await page.route(`**${broken?.url}`, (route) =>
    route.fulfill({ status: 206, body: 'x'.repeat(65_536), headers: { 'content-type': 'audio/flac' } }),
  )
  await open(page, data)
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('alert')).toContainText(`${broken?.label} cannot be played`)
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
})

test('a lost network is told, and the song goes on when it is back', async ({ page, context, request }) => {
  const data = await demo(request)
  await open(page, data)
  await context.setOffline(true)
  await expect(page.getByText('No network')).toBeVisible()
  await page.getByRole('button', { name: 'Play' }).click()
  await page.getByRole('button', { name: `Mute ${data.stems[0]?.label}` }).click()
  await expect(page.getByText('The mix could not be saved; trying again')).toBeVisible()
  await context.setOffline(false)
  await expect(page.getByText('No network')).toHaveCount(0)
  await expect(page.getByText('The mix could not be saved; trying again')).toHaveCount(0)
  await expect(page.getByRole('slider', { name: 'Position' })).not.toHaveAttribute('aria-valuenow', '0')
})

test('ten stems each have a lane, at 390 px too', async ({ page, request }) => {
  const data = await demo(request)
  const names = ['kick', 'snare', 'toms', 'hi_hat', 'ride', 'crash', 'piano', 'guitar', 'residual', 'lead_vocals']
  await pretend(page, (told) => ({
    ...told,
    stems: names.flatMap((name, index) => {
      const stem = told.stems[index % told.stems.length]
      return stem ? { ...stem, name, label: name } : []
    }),
  }))
  await page.setViewportSize({ width: 390, height: 780 })
  await open(page, data)
  for (const name of names) await expect(page.getByRole('button', { name: `Solo ${name}`, exact: true })).toBeAttached()
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})

test('two hours are drawn and can be zoomed', async ({ page, request }) => {
  const data = await demo(request)
  await pretend(page, (told) => ({ ...told, frames: 7200 * told.sampleRate }))
  await open(page, data)
  await expect(page.getByText('2:00:00')).toBeVisible()
  for (let press = 0; press < 12; press++) await page.keyboard.press('+')
  await expect(page.getByRole('button', { name: 'Zoom out (−)' })).toBeEnabled()
})

test('one second at 8 kHz in one channel is a song like any other', async ({ page, request }) => {
  const file = { name: 'blip.wav', mimeType: 'audio/wav', buffer: shortSong() }
  const told = await request.post('/api/recordings', { multipart: { profile: 'demo', strategy: 'instant', file } })
  const { recording } = (await told.json()) as Uploaded
  const address = `/api/recordings/${recording.id}`
  const state = async () => (await (await request.get(address)).json()).latestJob?.state
  await expect.poll(state, { timeout: 60_000 }).toBe('succeeded')
  const data = (await (await request.get(`${address}/player`)).json()) as PlayerData
  await open(page, data)
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('timer')).toHaveText(/0:01\.0/)
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await request.delete(address)
})
