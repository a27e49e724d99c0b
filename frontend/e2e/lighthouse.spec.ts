import { chromium, expect, test } from '@playwright/test'
import lighthouse, { desktopConfig } from 'lighthouse'
import { demo } from './demo'

const PORT = 9000 + (process.pid % 900)
const GATED = ['accessibility', 'best-practices'] as const

// Performance depends on what else the machine does: it is told, not judged.
test('Lighthouse finds nothing in accessibility and best practices', async ({ request, baseURL, launchOptions }) => {
  const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${PORT}`]
  const browser = await chromium.launch({ ...launchOptions, args })
  const { recordingId } = await demo(request)
  for (const path of ['/p/demo', `/p/demo/recordings/${recordingId}`]) {
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
