import { chromium, expect, test } from '@playwright/test'
import lighthouse, { desktopConfig } from 'lighthouse'
import type { RecordingPage } from '../src/api/generated'

const PORT = 9000 + (process.pid % 900)
const GATED = ['accessibility', 'best-practices'] as const

// Performance depends on what else the machine does: it is told, not judged.
test('Lighthouse finds nothing in accessibility and best practices', async ({ request, baseURL, launchOptions }) => {
  const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${PORT}`]
  const browser = await chromium.launch({ ...launchOptions, args })
  const newest = async () => {
    const list = (await (await request.get('/api/recordings?profile=demo')).json()) as RecordingPage
    return list.items[0]
  }
  await expect.poll(async () => (await newest())?.latestJob?.state, { timeout: 60_000 }).toBe('succeeded')
  const player = `/p/demo/recordings/${(await newest())?.id}`
  for (const path of ['/p/demo', player]) {
    const asked = { port: PORT, logLevel: 'error' as const, onlyCategories: ['performance', ...GATED] }
    const result = await lighthouse(`${baseURL}${path}`, asked, desktopConfig)
    const categories = result?.lhr.categories ?? {}
    const score = (name: string) => Math.round(100 * (categories[name]?.score ?? 0))
    test.info().annotations.push({ type: 'performance', description: `${path}: ${score('performance')}` })
    process.stdout.write(`    ${path}: performance ${score('performance')}\n`)
    for (const name of GATED) expect(`${name} ${score(name)}`).toBe(`${name} 100`)
  }
  await browser.close()
})
