/**
 * Measures the player beside full-decode playback of the same files, and prints one table.
 *
 *     node benchmarks/player/run.ts [--rounds 3] [--folder FOLDER]
 *
 * Six stereo stems of 240 s (about 430 kbit/s each) are made in FOLDER, or in a temporary one. Needs Chromium, and
 * what `make setup` installs.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { NETWORKS } from './browser.ts'
import { alignment, engineFootprint, engineTimes, fullFootprint, fullTimes, loopError, nullTest } from './measures.ts'
import { buildPage, makeRecording, ROOT, readRecording, serve } from './site.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string' },
    starts: { type: 'string', default: '1000' },
  },
})
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'stemset-player-'))
const say = (line: string) => process.stdout.write(`${line}\n`)
const ms = (value: number) => `${Math.round(value)} ms`
const mb = (value: number) => `${Math.round(value)} MB`
const percent = (value: number) => `${Math.round(value * 100)} %`
const row = (...cells: string[]) => say(`| ${cells.join(' | ')} |`)

makeRecording(folder, 'song', ['--stems', '6', '--seconds', '240'])
makeRecording(folder, 'same', ['--stems', '6', '--seconds', '8', '--same'])
await buildPage(folder)
const { url, server } = await serve(folder)
const song = readRecording(folder, 'song')

row('', 'this player', 'full decode', 'target')
row('---', '---', '---', '---')
const targets = {
  local: ['≤ 120 ms', ''],
  '20 Mbit/s, 40 ms': ['≤ 250 ms', '≤ 180 ms'],
  '5 Mbit/s, 80 ms': ['≤ 500 ms', '≤ 450 ms'],
}
for (const network of NETWORKS) {
  const engine = await engineTimes(url, network, song, Number(values.rounds))
  // 78 MB take two minutes at 5 Mbit/s: that much is waited for.
  const full = await fullTimes(url, network, song)
  const [click = '', seek = ''] = targets[network.name as keyof typeof targets]
  row(`click to first sound, ${network.name}`, ms(engine.click), ms(full.first), click)
  row(`page opened by the click, ${network.name}`, ms(engine.cold), ms(full.first), click)
  row(`uncached seek, ${network.name}`, ms(engine.seek), ms(full.seek), seek)
  row(`seek into decoded sound, ${network.name}`, ms(engine.cachedSeek), ms(full.seek), '≤ 50 ms')
  row(`bytes before first sound, ${network.name}`, `${Math.round(engine.kilobytes)} kB`, mb(full.megabytes), '≤ 250 kB')
}
const aligned = await alignment(url, readRecording(folder, 'same'), Number(values.starts))
row(
  `greatest difference between equal stems, ${aligned.starts} starts, 50 ms stalls`,
  aligned.spread.toExponential(0),
  '',
  '0',
)
row('Σ stems − mixture', `${(await nullTest(url, song)).toFixed(1)} dB`, '', '≤ −90 dB')
row('error of twenty turns of a loop', `${await loopError(url, song)} frames`, '', '0 frames')
const engine = await engineFootprint(url, song)
const full = await fullFootprint(url, song)
row('decoded sound held', mb(engine.pcm), mb(full.pcm), '≤ 40 MB')
row('JS heap', mb(engine.heap), mb(full.heap), '≤ 60 MB')
row("growth of the page's process", mb(engine.growth), mb(full.growth), '≤ 120 MB')
row("CPU of the page's process while playing, of a core", percent(engine.load), percent(full.load), '≤ 20 %')
row('the same at tempo 0.8 and +2 semitones', percent(engine.stretched ?? Number.NaN), '', '≤ 45 %')
for (const [name, size, target] of scripts()) row(`JS, gzipped: ${name}`, `${size} kB`, '', target)

server.close()
if (!values.folder) rmSync(folder, { recursive: true })

/** The page's own scripts, as `make` builds them: what index.html loads, and the player's chunk. */
function scripts(): [string, number, string][] {
  const assets = join(ROOT, 'frontend/dist/assets')
  const index = readFileSync(join(ROOT, 'frontend/dist/index.html'), 'utf8')
  const size = (names: readonly string[]) =>
    Math.round(names.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0) / 1000)
  const shell = [...index.matchAll(/assets\/([^"]+\.js)/g)].map(([, name = '']) => name)
  const player = readdirSync(assets).filter((name) => /^player-.*\.js$/.test(name))
  return [
    ['shell', size(shell), '≤ 150 kB'],
    ['player', size(player), '≤ 60 kB'],
  ]
}
