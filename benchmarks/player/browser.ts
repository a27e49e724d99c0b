import { readFileSync } from 'node:fs'
import type { Browser, CDPSession, Page } from '@playwright/test'
import { fromFrontend } from './site.ts'

const { chromium }: typeof import('@playwright/test') = fromFrontend('@playwright/test')

export interface Network {
  readonly name: string
  /** Bytes a second and milliseconds; null: as fast as loopback goes. */
  readonly limit: { readonly throughput: number; readonly latency: number } | null
}

export const NETWORKS: readonly Network[] = [
  { name: 'local', limit: null },
  { name: '20 Mbit/s, 40 ms', limit: { throughput: 20e6 / 8, latency: 40 } },
  { name: '5 Mbit/s, 80 ms', limit: { throughput: 5e6 / 8, latency: 80 } },
]

/** A fresh browser with an empty cache, on the measured page. */
export class Visit {
  readonly page
  readonly #browser
  readonly #cdp
  #bytes = 0

  private constructor(browser: Browser, page: Page, cdp: CDPSession) {
    this.#browser = browser
    this.page = page
    this.#cdp = cdp
    cdp.on('Network.dataReceived', ({ dataLength }) => {
      this.#bytes += dataLength
    })
  }

  static async open(url: string, { limit }: Network, prepare?: (page: Page) => Promise<void>): Promise<Visit> {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
    const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    const browser = await chromium.launch({ executablePath, args: [...args, '--no-first-run'] })
    const page = await browser.newPage()
    await prepare?.(page)
    const cdp = await page.context().newCDPSession(page)
    await page.goto(`${url}/page/index.html`)
    await page.waitForFunction(() => 'bench' in window)
    await cdp.send('Network.enable')
    const { throughput = -1, latency = 0 } = limit ?? {}
    const conditions = { offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput }
    await cdp.send('Network.emulateNetworkConditions', conditions)
    return new Visit(browser, page, cdp)
  }

  /** Bytes of bodies that have come since the page was open. */
  get bytes(): number {
    return this.#bytes
  }

  /** MB of JavaScript objects after a collection. */
  async heap(): Promise<number> {
    await this.#cdp.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#cdp.send('Runtime.getHeapUsage')
    return usedSize / 1e6
  }

  /** MB that the page's process has in memory. */
  async resident(): Promise<number> {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${await this.#renderer()}/status`, 'utf8'))?.[1]
    return Number(kilobytes) / 1000
  }

  /** Share of one core that the page's process takes over so many seconds. */
  async load(seconds: number): Promise<number> {
    const pid = await this.#renderer()
    const ticks = () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      return Number(fields[11]) + Number(fields[12])
    }
    const before = ticks()
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    return (ticks() - before) / 100 / seconds
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  async #renderer(): Promise<number> {
    const session = await this.#browser.newBrowserCDPSession()
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    await session.detach()
    const renderers = processInfo.filter(({ type, id }) => {
      // The browser's own surfaces have processes of the same kind.
      return type === 'renderer' && !readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('top-chrome')
    })
    const [busiest] = renderers.sort((a, b) => b.cpuTime - a.cpuTime)
    if (!busiest) throw new Error('The browser has no process for the page.')
    return busiest.id
  }
}
