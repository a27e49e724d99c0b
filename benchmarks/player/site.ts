import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Recording } from './page.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Playwright and Vite are the frontend's. */
export const fromFrontend = createRequire(join(ROOT, 'frontend/package.json'))

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' }

/** Writes a recording into the folder, unless it is there. */
export function makeRecording(folder: string, name: string, options: readonly string[]): void {
  const target = join(folder, name)
  if (existsSync(join(target, 'player.json'))) return
  mkdirSync(target, { recursive: true })
  execFileSync('.venv/bin/python', ['-m', 'tests.support.player_fixture', target, ...options], { cwd: ROOT })
}

/** A recording as a page on the same server sees it. */
export function readRecording(folder: string, name: string): Recording {
  const data = JSON.parse(readFileSync(join(folder, name, 'player.json'), 'utf8'))
  const placed = (source: { url: string; indexUrl: string }) => ({
    ...source,
    url: `/${name}/${source.url}`,
    indexUrl: `/${name}/${source.indexUrl}`,
  })
  return { ...data, stems: data.stems.map(placed), mixture: placed(data.mixture) }
}

/** Builds the measured page as a release is built. */
export async function buildPage(folder: string): Promise<void> {
  const { build } = await import(fromFrontend.resolve('vite').replace(/index\.cjs$/, 'dist/node/index.js'))
  await build({
    root: fileURLToPath(new URL('.', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    base: '/page/',
    build: { outDir: join(folder, 'page'), emptyOutDir: true, target: 'es2023' },
  })
}

/** Serves a folder over HTTP/1.1, with ranges, kept for ever by whoever asks. */
export function serve(folder: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const path = join(folder, new URL(request.url ?? '', 'http://here').pathname)
    if (!path.startsWith(folder) || !existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end()
    const { size } = statSync(path)
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const start = Number(from ?? 0)
    const end = Math.min(size, Number(to ?? size - 1) + 1)
    response.writeHead(from === undefined ? 200 : 206, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Content-Length': end - start,
      'Cache-Control': 'public, max-age=31536000, immutable',
      ETag: `"${size}"`,
      ...(from === undefined ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
    })
    return createReadStream(path, { start, end: end - 1 }).pipe(response)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      resolve({ url: `http://127.0.0.1:${port}`, server })
    })
  })
}
