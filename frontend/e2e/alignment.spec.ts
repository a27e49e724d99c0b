import { expect, type Page } from '@playwright/test'
import { openStudio, type Studio, test } from './studio'
import { type Heard, makeFirstLaneLate, prepareTap } from './tap'

/** Players of stems that are all one noise, so that every sample of each must equal the others'. */
const PLAYERS = 6

/**
 * Sends all players to random places again and again until they have begun to sound so often, on a page that is held
 * up for 50 ms in the middle of many a start.
 */
async function seekAround(page: Page, studio: Studio, starts: number): Promise<Heard> {
  const fixture = studio.fixture({ stems: 6, seconds: 8, same: true })
  await prepareTap(page)
  await openStudio(page, studio)
  return page.evaluate(
    async ({ fixture: { sampleRate, frames, stems }, count, starts }) => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const context = new AudioContext({ sampleRate })
      const players = Array.from({ length: count }, () => {
        const player = window.audio.createPlayer(
          { sampleRate, frames },
          { speaker: { open: () => context, dispose: () => undefined } },
        )
        player.load(stems)
        player.play()
        return player
      })
      await window.tap.open(count)
      for (const player of players) player.pause()
      await wait(300)
      window.tap.reset()
      for (const player of players) player.play()
      window.stall = { chance: 0.1, ms: 50 }
      let heard = await window.tap.heard()
      for (let round = 0; heard.starts < starts && round < 2 * starts; round++) {
        for (const player of players) player.seek(Math.random() * 7)
        // Most of them begin; those that are slow are sent elsewhere in the middle of it. Then 45 ms are heard.
        const begun = () => players.filter((player) => player.snapshot().transport === 'playing').length
        for (let tries = 0; begun() < count - 1 && tries < 100; tries++) await wait(5)
        await wait(45)
        if (round % 10 === 0) heard = await window.tap.heard()
      }
      return heard
    },
    { fixture, count: PLAYERS, starts },
  )
}

// A sample's difference would be as loud as the noise itself; what rounding leaves at the end of a fade is far below.
const NOTHING = 1e-9

test('a thousand starts on a busy page leave no sample between the stems', async ({ page, studio }) => {
  test.slow()
  const heard = await seekAround(page, studio, 1000)
  expect(heard.starts).toBeGreaterThanOrEqual(1000)
  expect(heard.spread).toBeLessThan(NOTHING)
})

test('a lane that is one sample late would be noticed', async ({ page, studio }) => {
  await page.addInitScript(makeFirstLaneLate)
  const heard = await seekAround(page, studio, 60)
  expect(heard.spread, `after ${heard.starts} starts`).toBeGreaterThan(0.01)
})
