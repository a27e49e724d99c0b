import { chromium, expect, type Page } from '@playwright/test'
import { prepareMeasure } from './measure'
import { type Fixture, openStudio, type Studio, test } from './studio'
import { makeFirstLaneLate, prepareTap } from './tap'

/** Below this nothing is left but the decoder's own rounding: it takes 16 bits with one scale above zero, one below. */
const NULL_DB = -90

async function prepare(page: Page, studio: Studio): Promise<void> {
  await prepareTap(page)
  await prepareMeasure(page)
  await openStudio(page, studio)
}

/** A player that plays, with the tap in place since before it began. */
async function play(page: Page, { sampleRate, frames, stems }: Fixture, from = 0): Promise<void> {
  await page.evaluate(
    async ({ sampleRate, frames, stems, from }) => {
      const player = window.audio.createPlayer({ sampleRate, frames })
      window.player = player
      player.load(stems)
      player.play()
      await window.tap.open()
      player.play(from)
      await new Promise<void>((resolve) => {
        const check = () => (player.snapshot().transport === 'playing' ? resolve() : setTimeout(check, 10))
        check()
      })
      await new Promise((resolve) => setTimeout(resolve, 150))
    },
    { sampleRate, frames, stems, from },
  )
}

test.describe('an offline mix', () => {
  /** Peak of (Σ stems as the engine renders them − mixture) in dBFS, from a place in the song to its end. */
  function remainder(page: Page, fixture: Fixture, from = 0): Promise<number> {
    return page.evaluate(
      async ({ sampleRate, frames, stems, mixture, from }) => {
        const whole = await window.measure.decode(mixture.url, sampleRate)
        let at = from
        let most = Number.NEGATIVE_INFINITY
        await window.audio.renderMix({
          sampleRate,
          frames,
          sources: stems,
          mix: new Map(),
          master: 0,
          limiter: false,
          tempo: 1,
          pitch: 0,
          span: { from, to: frames },
          sink: (slice) => {
            for (const side of [0, 1] as const) {
              const expected = whole[side].subarray(at, at + slice.length)
              most = Math.max(most, window.measure.remainder(slice.getChannelData(side), expected))
            }
            at += slice.length
          },
        })
        if (at !== frames) throw new Error(`${at} frames came, not ${frames}`)
        return most
      },
      { ...fixture, from },
    )
  }

  test('of all stems is the mixture', async ({ page, studio }) => {
    await prepare(page, studio)
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    expect(await remainder(page, fixture)).toBeLessThan(NULL_DB)
    expect(await remainder(page, fixture, 123_457)).toBeLessThan(NULL_DB)
  })

  for (const [name, options] of Object.entries({
    'ten stems': { stems: 10, seconds: 6 },
    'one second': { stems: 2, seconds: 1 },
    '8 kHz, mono': { stems: 3, seconds: 4, rate: 8000, channels: 1 },
    '48 kHz': { stems: 2, seconds: 3, rate: 48_000 },
  })) {
    test(`of ${name} is the mixture`, async ({ page, studio }) => {
      await prepare(page, studio)
      expect(await remainder(page, studio.fixture(options))).toBeLessThan(NULL_DB)
    })
  }

  test('is the mixture also where the browser knows no FLAC', async ({ page, studio }) => {
    await prepare(page, studio)
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    await page.evaluate(() => {
      const decode = BaseAudioContext.prototype.decodeAudioData
      const { decode: reference } = window.measure
      BaseAudioContext.prototype.decodeAudioData = () => Promise.reject(new DOMException('no FLAC', 'EncodingError'))
      window.measure.decode = async (url, sampleRate) => {
        const refuse = BaseAudioContext.prototype.decodeAudioData
        BaseAudioContext.prototype.decodeAudioData = decode
        const decoded = await reference(url, sampleRate)
        BaseAudioContext.prototype.decodeAudioData = refuse
        return decoded
      }
    })
    expect(await remainder(page, fixture)).toBeLessThan(NULL_DB)
  })

  test('with a stem one sample late is not', async ({ page, studio }) => {
    await page.addInitScript(makeFirstLaneLate)
    await prepare(page, studio)
    expect(await remainder(page, studio.fixture({ stems: 4, seconds: 20 }))).toBeGreaterThan(NULL_DB)
  })

  test('stays below full scale with the limiter, and keeps its place', async ({ page, studio }) => {
    await prepare(page, studio)
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    const loudest = await page.evaluate(async ({ sampleRate, frames, stems }) => {
      let most = 0
      let length = 0
      await window.audio.renderMix({
        sampleRate,
        frames,
        sources: stems,
        mix: new Map(),
        master: 12,
        limiter: true,
        tempo: 1,
        pitch: 0,
        span: { from: 0, to: frames },
        sink: (slice) => {
          length += slice.length
          for (const sample of slice.getChannelData(0)) most = Math.max(most, Math.abs(sample))
        },
      })
      if (length !== frames) throw new Error(`${length} frames came, not ${frames}`)
      return most
    }, fixture)
    expect(loudest).toBeLessThanOrEqual(1)
    expect(loudest).toBeGreaterThan(0.5)
  })
})

test('an offline mix can be slower and higher, at the length that is promised', async ({ page, studio }) => {
  await prepare(page, studio)
  const fixture = studio.fixture({ stems: 4, seconds: 20 })
  const found = await page.evaluate(async ({ sampleRate, frames, stems, tones }) => {
    const { renderMix, renderedFrames } = window.audio
    const slices: Float32Array[] = []
    const request = { sampleRate, frames, sources: stems, mix: new Map(), master: 0, limiter: false }
    const span = { from: sampleRate, to: 11 * sampleRate }
    const change = { tempo: 0.8, pitch: 3, span }
    await renderMix({ ...request, ...change, sink: (slice) => void slices.push(slice.getChannelData(0)) })
    const length = slices.reduce((sum, slice) => sum + slice.length, 0)
    const hz = (tones[3] ?? 0) * 2 ** (3 / 12)
    const heard = slices.map((slice) => {
      const piece = slice.subarray(0, 2 * sampleRate)
      const pitch = window.measure.pitch(piece, hz, sampleRate)
      return [1200 * Math.log2(pitch / hz), window.measure.tone(piece, pitch, sampleRate)]
    })
    return { length, promised: renderedFrames(change), heard }
  }, fixture)
  expect(found.length).toBe(found.promised)
  expect(found.promised).toBe(12.5 * fixture.sampleRate)
  for (const [cents = 99, amplitude = 0] of found.heard) {
    expect(Math.abs(cents)).toBeLessThan(5)
    expect(amplitude).toBeGreaterThan(0.04)
  }
})

test.describe('live', () => {
  test.beforeEach(({ page, studio }) => prepare(page, studio))

  test('the output is the mixture, across chunks and after seeks', async ({ page, studio }) => {
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    await play(page, fixture)
    const remainders = await page.evaluate(async ({ sampleRate, mixture }) => {
      const whole = await window.measure.decode(mixture.url, sampleRate)
      const found: number[] = []
      for (const to of [null, 7.123, 2.5, 15.001]) {
        if (to !== null) {
          window.player.seek(to)
          await new Promise((resolve) => setTimeout(resolve, 300))
        }
        const { output } = await window.tap.record(3 * sampleRate)
        const at = window.measure.place(output[0], whole[0])
        for (const side of [0, 1] as const) {
          found.push(window.measure.remainder(output[side], whole[side].subarray(at)))
        }
      }
      return found
    }, fixture)
    expect(Math.max(...remainders)).toBeLessThan(NULL_DB)
  })

  test('twenty turns of a loop lose no frame and add none', async ({ page, studio }) => {
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    await play(page, fixture, 1.9)
    const { remainder, turns } = await page.evaluate(async ({ sampleRate, frames, mixture }) => {
      const loop = { from: 2 * sampleRate, to: 2 * sampleRate + 11_025 }
      const whole = await window.measure.decode(mixture.url, sampleRate)
      window.player.play(1.9)
      window.player.setLoop(loop)
      await new Promise((resolve) => setTimeout(resolve, 200))
      const { output } = await window.tap.record(5.5 * sampleRate)
      const [left] = output
      // What a loop sounds like from any place in the song on.
      const looped = new Float32Array(left.length)
      const start = window.measure.place(left, whole[0].subarray(0, Math.min(frames, loop.to)))
      let turns = 0
      for (let i = 0, song = start; i < looped.length; i++) {
        looped[i] = whole[0][song] ?? 0
        song += 1
        if (song === loop.to) {
          song = loop.from
          turns += 1
        }
      }
      return { remainder: window.measure.remainder(left, looped), turns }
    }, fixture)
    expect(turns).toBeGreaterThanOrEqual(20)
    expect(remainder).toBeLessThan(NULL_DB)
  })

  test('mute, solo, fader and pan reach what they name, and nothing else', async ({ page, studio }) => {
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    await play(page, fixture)
    const tones = await page.evaluate(async ({ sampleRate, tones, stems }) => {
      const { player, measure } = window
      const [first = '', second = ''] = stems.map(({ stem }) => stem)
      const heard = async (change: () => void) => {
        change()
        await new Promise((resolve) => setTimeout(resolve, 200))
        const { output } = await window.tap.record(sampleRate / 2)
        return output.map((side) => tones.map((hz) => measure.tone(side, hz, sampleRate)))
      }
      const neutral = { gain: 0, muted: false, soloed: false, pan: 0 }
      const setChannels = (changed: Record<string, object>) =>
        player.setMix(new Map(stems.map(({ stem }) => [stem, { ...neutral, ...changed[stem] }])))
      return {
        all: await heard(() => undefined),
        muted: await heard(() => setChannels({ [first]: { muted: true } })),
        soloed: await heard(() => setChannels({ [second]: { soloed: true } })),
        lowered: await heard(() => setChannels({ [first]: { gain: -20 } })),
        panned: await heard(() => setChannels({ [second]: { pan: -1 } })),
      }
    }, fixture)
    const [left = [], right = []] = tones.all
    for (const amplitude of [...left, ...right]) expect(amplitude).toBeCloseTo(0.05, 2)
    const relative = (heard: number[][], side: number, stem: number) =>
      20 * Math.log10((heard[side]?.[stem] ?? 0) / (tones.all[side]?.[stem] ?? 1))
    expect(relative(tones.muted, 0, 0)).toBeLessThan(-50)
    expect(relative(tones.muted, 0, 1)).toBeCloseTo(0, 1)
    expect(relative(tones.soloed, 0, 1)).toBeCloseTo(0, 1)
    for (const other of [0, 2, 3]) expect(relative(tones.soloed, 1, other)).toBeLessThan(-50)
    expect(relative(tones.lowered, 0, 0)).toBeCloseTo(-20, 1)
    expect(relative(tones.lowered, 0, 1)).toBeCloseTo(0, 1)
    expect(relative(tones.panned, 1, 1)).toBeLessThan(-50)
    expect(relative(tones.panned, 0, 2)).toBeCloseTo(0, 1)
  })

  test('a late chunk stops all stems at one frame, and they go on together', async ({ page, studio }) => {
    const fixture = studio.fixture({ stems: 4, seconds: 8, same: true })
    let release: (() => void) | null = null
    let held = 0
    await page.route(`**${fixture.stems[2]?.url}`, async (route) => {
      const from = Number(/bytes=(\d+)/.exec(route.request().headers().range ?? '')?.[1] ?? 0)
      if (from > 300_000 && !release) {
        held += 1
        await new Promise<void>((resolve) => {
          release = resolve
        })
      }
      await route.continue()
    })
    await play(page, fixture)
    await page.evaluate(() => window.tap.reset())
    const waited = await page.evaluate(async () => {
      for (let ms = 0; ms < 8000 && window.player.snapshot().transport !== 'waiting'; ms += 20) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return window.player.snapshot()
    })
    expect(waited.transport).toBe('waiting')
    expect(held).toBe(1)
    ;(release as (() => void) | null)?.()
    await expect.poll(() => page.evaluate(() => window.player.snapshot().transport)).toBe('playing')
    await page.waitForTimeout(300)
    const heard = await page.evaluate(() => window.tap.heard())
    expect(heard.starts).toBe(2)
    expect(heard.spread).toBeLessThan(1e-9)
  })

  test('slower keeps the pitch, and higher keeps the tempo', async ({ page, studio }) => {
    const fixture = studio.fixture({ stems: 4, seconds: 20 })
    await play(page, fixture)
    const found = await page.evaluate(async ({ sampleRate, tones }) => {
      const { player, measure } = window
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const active = async () => {
        for (let ms = 0; ms < 8000 && player.snapshot().stretch !== 'active'; ms += 50) await wait(50)
        await wait(700)
      }
      const cents = (stem: Float32Array, hz: number) => 1200 * Math.log2(measure.pitch(stem, hz, sampleRate) / hz)
      player.setTempo(0.8)
      await active()
      const from = player.position()
      const slow = await window.tap.record(4 * sampleRate)
      const played = (player.position() - from) / sampleRate
      player.setTempo(1)
      player.setPitch(4)
      await active()
      const high = await window.tap.record(sampleRate)
      return {
        slow: slow.stems.map((stem, n) => cents(stem, tones[n] ?? 0)),
        played,
        loudness: slow.stems.map((stem, n) => measure.tone(stem.subarray(-sampleRate), tones[n] ?? 0, sampleRate)),
        high: high.stems.map((stem, n) => cents(stem, (tones[n] ?? 0) * 2 ** (4 / 12))),
        problem: player.snapshot().problem,
      }
    }, fixture)
    expect(found.problem).toBeNull()
    for (const cents of [...found.slow, ...found.high]) expect(Math.abs(cents)).toBeLessThan(5)
    // The recording takes 4 s, and messages a little more.
    expect(found.played).toBeGreaterThan(0.8 * 3.9)
    expect(found.played).toBeLessThan(0.8 * 4.6)
    for (const amplitude of found.loudness) expect(amplitude).toBeGreaterThan(0.04)
  })

  test('the stretcher treats equal stems equally, sample by sample', async ({ page, studio }) => {
    await play(page, studio.fixture({ stems: 4, seconds: 8, same: true }))
    const heard = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      window.player.setTempo(0.8)
      for (let ms = 0; ms < 8000 && window.player.snapshot().stretch !== 'active'; ms += 50) await wait(50)
      await wait(700)
      window.tap.reset()
      await wait(1500)
      return window.tap.heard()
    })
    expect(heard.spread).toBeLessThan(1e-6)
  })

  test('two jobs of one recording change places without a gap', async ({ page, studio }) => {
    const one = studio.fixture({ stems: 4, seconds: 20 })
    // Another address, and the checksum of another sound.
    const renamed = (stem: Fixture['mixture']) => ({
      ...stem,
      url: `${stem.url}?other`,
      streaminfo: `${stem.streaminfo.slice(0, 40)}AAAA${stem.streaminfo.slice(44)}`,
    })
    const other = { ...one, stems: one.stems.map(renamed) }
    await play(page, one)
    const remainder = await page.evaluate(
      async ({ sampleRate, mixture, stems }) => {
        const whole = await window.measure.decode(mixture.url, sampleRate)
        const recording = window.tap.record(3 * sampleRate)
        window.player.load(stems)
        const { output } = await recording
        const at = window.measure.place(output[0], whole[0])
        return window.measure.remainder(output[0], whole[0].subarray(at))
      },
      { ...one, stems: other.stems },
    )
    expect(remainder).toBeLessThan(NULL_DB)
  })
})

test('under the autoplay policy a click is what opens the sound', async ({ studio, launchOptions }) => {
  const browser = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), '--autoplay-policy=document-user-activation-required'],
  })
  const page = await browser.newPage()
  await page.goto(`${studio.url}/studio`)
  // Playwright's own evaluate counts as a gesture.
  const session = await page.context().newCDPSession(page)
  const quietly = async (expression: string) => {
    const answer = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    return answer.result.value as unknown
  }
  const { sampleRate, frames, stems } = studio.fixture({ stems: 4, seconds: 20 })
  await quietly(`(async () => {
    const { createPlayer } = await import('/src/audio/index.ts')
    window.player = createPlayer(${JSON.stringify({ sampleRate, frames })})
    player.load(${JSON.stringify(stems)})
    player.play()
    const button = document.createElement('button')
    button.textContent = 'Play'
    button.onclick = () => player.play()
    document.body.append(button)
  })()`)
  await expect.poll(() => quietly('player.snapshot().problem')).toBe('blocked')
  expect(await quietly('player.position()')).toBe(0)
  await page.getByRole('button', { name: 'Play' }).click()
  await expect.poll(() => quietly('player.position()')).toBeGreaterThan(sampleRate / 2)
  expect(await quietly('player.snapshot().problem')).toBeNull()
  await browser.close()
})
