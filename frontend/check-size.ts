// What the browser has to fetch before the page stands, and for the player: gzipped, in kB, against their limits.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const LIMITS = { shell: 150, player: 60 }
const ASSETS = new URL('./dist/assets/', import.meta.url)

const kilobytes = (file: string) => gzipSync(readFileSync(new URL(file, ASSETS)), { level: 9 }).length / 1000
const page = readFileSync(new URL('./dist/index.html', import.meta.url), 'utf8')
const shell = [...page.matchAll(/assets\/([\w.-]+\.js)/g)].flatMap(([, file]) => file ?? [])
const player = ['PlayerScreen', 'PlayedRecording'].map((name) => {
  const file = readdirSync(ASSETS).find((candidate) => candidate.startsWith(`${name}-`) && candidate.endsWith('.js'))
  if (file === undefined) throw new Error(`dist/assets has no ${name}-*.js`)
  return file
})

let failed = false
for (const [name, files] of Object.entries({ shell: [...new Set(shell)], player })) {
  const limit = LIMITS[name as keyof typeof LIMITS]
  const size = files.reduce((sum, file) => sum + kilobytes(file), 0)
  const over = files.length === 0 || size > limit
  failed ||= over
  process.stdout.write(`${name}: ${size.toFixed(1)} kB gzipped in ${files.length} files; at most ${limit} kB\n`)
}
process.exitCode = failed ? 1 : 0
