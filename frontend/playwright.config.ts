import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { defineConfig } from '@playwright/test'
import { freePort } from './e2e/freePort'

/** The browser as an absolute path: CHROMIUM if set, else the first of the usual names on the PATH. */
function browser(): string | undefined {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : ['chromium', 'chromium-browser', 'google-chrome']
  const folders = ['', ...(process.env.PATH ?? '').split(delimiter)]
  return names.flatMap((name) => folders.map((folder) => resolve(folder, name))).find((path) => existsSync(path))
}

const chromium = browser()

// Playwright reads this file once more in each of its processes; they inherit what the first one chose.
if (process.env.STEMSET_E2E_PORT === undefined) {
  process.env.STEMSET_E2E_PORT = String(await freePort())
  process.env.STEMSET_E2E_DATA = mkdtempSync(join(tmpdir(), 'stemset-e2e-'))
}
const baseURL = `http://127.0.0.1:${process.env.STEMSET_E2E_PORT}`

export default defineConfig({
  testDir: 'e2e',
  testMatch: chromium ? '*.spec.ts' : 'no-browser.ts',
  globalTeardown: './e2e/teardown.ts',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // One service with one worker process is behind all tests.
  workers: 1,
  forbidOnly: process.env.CI !== undefined,
  reporter: 'list',
  use: {
    baseURL,
    // What goes through one is hidden from `page.route`; the tests of the offline page allow it.
    serviceWorkers: 'block',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  webServer: chromium
    ? {
        command: `.venv/bin/stemset serve --port ${process.env.STEMSET_E2E_PORT}`,
        cwd: '..',
        env: { STEMSET_DATA_DIR: process.env.STEMSET_E2E_DATA ?? '' },
        url: `${baseURL}/api/health`,
        timeout: 60_000,
        gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
        // DEBUG=pw:webserver shows what the service says.
        stdout: 'ignore',
        stderr: 'ignore',
      }
    : undefined,
})
