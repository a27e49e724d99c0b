import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test as base, type Page } from '@playwright/test'
import { createServer } from 'vite'
import type * as engine from '../src/audio'

const FRONTEND = fileURLToPath(new URL('..', import.meta.url))

/** A recording that tests/support/player_fixture.py writes. */
export interface Fixture {
  readonly sampleRate: number
  readonly frames: number
  readonly stems: readonly engine.StemSource[]
  readonly mixture: engine.StemSource
  /** Hz; each stem's own. */
  readonly tones: readonly number[]
}

export interface FixtureOptions {
  readonly stems?: number
  readonly seconds?: number
  readonly rate?: number
  readonly channels?: number
  /** All stems are one noise, to be compared sample by sample. */
  readonly same?: boolean
}

/** The engine in a page of its own, from its source, with recordings whose sound is known. */
export interface Studio {
  readonly url: string
  fixture(options: FixtureOptions): Fixture
}

declare global {
  interface Window {
    audio: typeof engine
    player: engine.Player
  }
}

/** Opens the empty page and puts the engine's exports into `window.audio`. */
export async function openStudio(page: Page, studio: Studio): Promise<void> {
  await page.goto(`${studio.url}/studio`)
  await page.evaluate(async () => {
    // A name that only the server of this page knows.
    const path = '/src/audio/index.ts'
    window.audio = await import(path)
  })
}

export const test = base.extend<object, { studio: Studio }>({
  studio: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from the pattern
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'stemset-studio-'))
      const server = await createServer({
        root: FRONTEND,
        configFile: false,
        logLevel: 'error',
        cacheDir: join(folder, 'vite'),
        server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
        optimizeDeps: { noDiscovery: true },
        plugins: [
          {
            name: 'studio',
            configureServer: ({ middlewares }) => {
              middlewares.use((request, response, next) => {
                if (!answer(folder, request, response)) next()
              })
            },
          },
        ],
      })
      await server.listen()
      const address = server.httpServer?.address()
      const port = typeof address === 'object' && address ? address.port : 0
      await use({ url: `http://127.0.0.1:${port}`, fixture: (options) => makeFixture(folder, options) })
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
})

function makeFixture(folder: string, { stems = 4, seconds = 20, rate = 44_100, channels = 2, same }: FixtureOptions) {
  const name = [stems, seconds, rate, channels, same ? 'same' : 'own'].join('-')
  const target = join(folder, 'files', name)
  if (!existsSync(target)) {
    const given = ['--stems', stems, '--seconds', seconds, '--rate', rate, '--channels', channels].map(String)
    execFileSync(
      '.venv/bin/python',
      ['-m', 'tests.support.player_fixture', target, ...given, ...(same ? ['--same'] : [])],
      { cwd: join(FRONTEND, '..') },
    )
  }
  const data = JSON.parse(readFileSync(join(target, 'player.json'), 'utf8')) as Fixture
  const placed = (source: engine.StemSource) => ({
    ...source,
    url: `/files/${name}/${source.url}`,
    indexUrl: `/files/${name}/${source.indexUrl}`,
  })
  return { ...data, stems: data.stems.map(placed), mixture: placed(data.mixture) }
}

/** Serves the empty page, and files whole or by range; false for anything else. */
function answer(folder: string, { url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
  const { pathname } = new URL(url, 'http://studio')
  if (pathname === '/studio') {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>studio</title>')
    return true
  }
  if (!pathname.startsWith('/files/')) return false
  const file = join(folder, pathname)
  if (!existsSync(file)) {
    response.writeHead(404).end()
    return true
  }
  const { size } = statSync(file)
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  const start = Number(from ?? 0)
  const end = Math.min(size, Number(to ?? size - 1) + 1)
  response.writeHead(from === undefined ? 200 : 206, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': end - start,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'public, max-age=31536000, immutable',
    ETag: `"${size}"`,
    ...(from === undefined ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
  })
  createReadStream(file, { start, end: end - 1 }).pipe(response)
  return true
}
