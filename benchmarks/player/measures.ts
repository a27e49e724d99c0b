import type { Page } from '@playwright/test'
import { prepareMeasure } from '../../frontend/e2e/measure.ts'
import { prepareTap } from '../../frontend/e2e/tap.ts'
import { NETWORKS, type Network, Visit } from './browser.ts'
import type { Recording } from './page.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export interface Latencies {
  readonly network: string
  /** ms from the click: with the page open before, and with the page opened by the click. */
  readonly click: number
  readonly cold: number
  /** ms from a seek to where nothing is decoded or cached, and to where something is decoded. */
  readonly seek: number
  readonly cachedSeek: number
  /** kB of bodies before the first sound. */
  readonly kilobytes: number
}

/** The engine's times on one network; medians over so many fresh browsers. */
export async function engineTimes(
  url: string,
  network: Network,
  recording: Recording,
  rounds: number,
): Promise<Latencies> {
  const found: Latencies[] = []
  for (let round = 0; round < rounds; round++) {
    const cold = await Visit.open(url, network)
    const coldTime = await cold.page.evaluate((song) => window.bench.openAndPlay(song), recording)
    await cold.close()
    const visit = await Visit.open(url, network)
    const { page } = visit
    await page.evaluate(async (song) => {
      window.bench.open(song)
      await window.bench.ready()
    }, recording)
    const click = await page.evaluate(() => window.bench.play())
    const kilobytes = visit.bytes / 1000
    await wait(2500)
    const seeks: number[] = []
    for (const to of [60, 120, 180]) {
      seeks.push(await page.evaluate((to: number) => window.bench.seek(to), to))
      await wait(1500)
    }
    const cachedSeek = await page.evaluate(() => window.bench.seek(180.7))
    await visit.close()
    found.push({ network: network.name, click, cold: coldTime, seek: median(seeks), cachedSeek, kilobytes })
  }
  const of = (key: 'click' | 'cold' | 'seek' | 'cachedSeek' | 'kilobytes') => median(found.map((one) => one[key]))
  const network_ = network.name
  return {
    network: network_,
    click: of('click'),
    cold: of('cold'),
    seek: of('seek'),
    cachedSeek: of('cachedSeek'),
    kilobytes: of('kilobytes'),
  }
}

/** Whole files, decoded before the first sound. */
export async function fullTimes(url: string, network: Network, recording: Recording) {
  const visit = await Visit.open(url, network)
  const first = await visit.page.evaluate((song) => window.bench.openFull(song), recording)
  const megabytes = visit.bytes / 1e6
  const seek = await visit.page.evaluate(() => window.bench.seekFull(120))
  await visit.close()
  return { network: network.name, first, seek, megabytes }
}

export interface Footprint {
  readonly pcm: number
  readonly heap: number
  readonly growth: number
  readonly load: number
  readonly stretched: number | null
}

/** Memory in MB after 40 s of playing and two seeks; CPU as a share of a core. */
export async function engineFootprint(url: string, recording: Recording): Promise<Footprint> {
  const visit = await Visit.open(url, NETWORKS[0] as Network)
  const { page } = visit
  const before = await visit.resident()
  await page.evaluate((song) => window.bench.openAndPlay(song), recording)
  await wait(10_000)
  const load = await visit.load(10)
  await page.evaluate(() => window.bench.seek(100))
  await wait(5000)
  await page.evaluate(() => window.bench.seek(20))
  await wait(10_000)
  const heap = await visit.heap()
  await wait(500)
  const pcm = (await page.evaluate(() => window.bench.heldBytes())) / 1e6
  const growth = (await visit.resident()) - before
  await page.evaluate(() => {
    window.bench.player.setTempo(0.8)
    window.bench.player.setPitch(2)
  })
  await page.waitForFunction(() => window.bench.player.snapshot().stretch === 'active')
  await wait(2000)
  const stretched = await visit.load(10)
  await visit.close()
  return { pcm, heap, growth, load, stretched }
}

export async function fullFootprint(url: string, recording: Recording): Promise<Footprint> {
  const visit = await Visit.open(url, NETWORKS[0] as Network)
  const { page } = visit
  const before = await visit.resident()
  await page.evaluate((song) => window.bench.openFull(song), recording)
  await wait(5000)
  const load = await visit.load(10)
  const heap = await visit.heap()
  await wait(500)
  const pcm = (await page.evaluate(() => window.bench.heldBytes())) / 1e6
  const growth = (await visit.resident()) - before
  await visit.close()
  return { pcm, heap, growth, load, stretched: null }
}

/** dBFS that remain of Σ stems − mixture over the first 20 s, as the engine renders them. */
export async function nullTest(url: string, recording: Recording): Promise<number> {
  const visit = await Visit.open(url, NETWORKS[0] as Network, prepareMeasure)
  const found = await visit.page.evaluate(async ({ sampleRate, frames, stems, mixture }) => {
    const [left] = await window.measure.decode(mixture.url, sampleRate)
    let at = 0
    let most = Number.NEGATIVE_INFINITY
    await window.bench.audio.renderMix({
      ...{ sampleRate, frames, sources: stems, mix: new Map(), master: 0, limiter: false, tempo: 1, pitch: 0 },
      span: { from: 0, to: 20 * sampleRate },
      sink: (slice: AudioBuffer) => {
        const expected = left.subarray(at, at + slice.length)
        most = Math.max(most, window.measure.remainder(slice.getChannelData(0), expected))
        at += slice.length
      },
    })
    return most
  }, recording)
  await visit.close()
  return found
}

export interface Alignment {
  /** Samples' difference over all starts: 0 where every stem is where it belongs. */
  readonly spread: number
  readonly starts: number
}

/** Stems that are one noise, started a thousand times while the page is held up; compared sample by sample. */
export async function alignment(url: string, recording: Recording, wanted: number): Promise<Alignment> {
  const visit = await Visit.open(url, NETWORKS[0] as Network, prepareTap)
  const found = await visit.page.evaluate(
    async ({ recording, wanted }) => {
      window.bench.open(recording)
      const { player } = window.bench
      player.play()
      await window.tap.open()
      player.pause()
      await new Promise((resolve) => setTimeout(resolve, 300))
      window.tap.reset()
      player.play()
      window.stall = { chance: 0.1, ms: 50 }
      let heard = await window.tap.heard()
      for (let n = 0; heard.starts < wanted && n < 3 * wanted; n++) {
        player.seek(Math.random() * 7)
        await new Promise((resolve) => setTimeout(resolve, 45))
        if (n % 20 === 0) heard = await window.tap.heard()
      }
      return heard
    },
    { recording, wanted },
  )
  await visit.close()
  return found
}

/** Frames by which twenty turns of a loop are longer or shorter than they should be; NaN when they sound otherwise. */
export async function loopError(url: string, recording: Recording): Promise<number> {
  const prepare = async (page: Page) => {
    await prepareTap(page)
    await prepareMeasure(page)
  }
  const visit = await Visit.open(url, NETWORKS[0] as Network, prepare)
  const found = await visit.page.evaluate(async (recording) => {
    const { sampleRate, mixture } = recording
    const [whole] = await window.measure.decode(mixture.url, sampleRate)
    const loop = { from: 2 * sampleRate, to: 2 * sampleRate + 11_025 }
    window.bench.open(recording)
    const { player } = window.bench
    player.play()
    await window.tap.open()
    player.setLoop(loop)
    player.play(2)
    await new Promise((resolve) => setTimeout(resolve, 400))
    const { output } = await window.tap.record(5.5 * sampleRate)
    const length = loop.to - loop.from
    const place = (at: number) => window.measure.place(output[0].subarray(at), whole.subarray(loop.from, loop.to + 512))
    const shift = (place(20 * length) - place(0) + length) % length
    return Math.min(shift, length - shift)
  }, recording)
  await visit.close()
  return found
}
