// What a reader waits for: the overview of the demo in a browser that has nothing of it, on this machine and over a
// slow line. The reference is the same browser with the smallest answer of the same host.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import { prepareDemo } from '../local/command/demo.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { startHost } from '../local/host.ts'
import { type CostRow, percentile } from './table.ts'

const LOADS = 7
const WAIT_MS = 120_000
/** Bits a second over 8. */
const SLOW_BYTES = 1_600_000 / 8

interface Speed {
  /** Absent: as fast as the machine. */
  bytesPerSecond?: number
  latencyMs?: number
}
interface Line extends Speed {
  name: string
  bar: number
}
const LINES: readonly Line[] = [
  { name: 'loopback', bar: 1_000 },
  { name: '1.6 Mbit/s', bytesPerSecond: SLOW_BYTES, bar: 3_000 },
]
/** Each request takes so much longer where the host is far away. */
const FAR_MS = 150

interface Load {
  /** Milliseconds from the address to the verdict with its gauges, which is what is read first. */
  usableMs: number
  /** … until nothing on the screen loads any more. */
  settledMs: number
  bytes: number
  /** Processor time of the page's main thread: other work on the machine does not lengthen it. */
  cpuMs: number
}

export async function benchPage(scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  await buildWeb()
  const options = { data, host: '127.0.0.1', port: 0, mqttPort: 0, hold: true, log: () => undefined }
  const host = await startHost({ ...options, web: () => WEB_DIST })
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'],
  })
  try {
    await prepareDemo(host, data, 'kilowatch', () => undefined)
    host.run()
    say('the demo is ready')
    const loads = Math.max(1, Math.ceil(LOADS * Math.sqrt(scale)))
    // The host has answered before; the browser has not asked.
    await load(browser, host.httpUrl, {})
    const rows: CostRow[] = []
    for (const line of LINES) {
      const found: Load[] = []
      for (let n = 0; n < loads; n++) found.push(await load(browser, host.httpUrl, line))
      const far = await load(browser, host.httpUrl, { ...line, latencyMs: FAR_MS })
      const reference = await smallest(browser, host.httpUrl, line)
      const usable = percentile(
        found.map(({ usableMs }) => usableMs),
        0.5,
      )
      say(`${line.name}: ${usable.toFixed(0)} ms`)
      rows.push({
        what: `overview of the demo from a cold cache, ${line.name}, ms`,
        value: usable,
        reference: { what: 'config.json in the same browser, ms', value: reference },
        ratio: usable / reference,
        bar: line.bar,
        more: {
          'slowest ms': Math.max(...found.map(({ usableMs }) => usableMs)),
          'all of it ms': percentile(
            found.map(({ settledMs }) => settledMs),
            0.5,
          ),
          'processor ms': percentile(
            found.map(({ cpuMs }) => cpuMs),
            0.5,
          ),
          'KB received': Math.max(...found.map(({ bytes }) => bytes)) / 1_000,
          [`${FAR_MS} ms away ms`]: far.usableMs,
          loads,
        },
      })
    }
    return rows
  } finally {
    await browser.close()
    await host.close()
    rmSync(data, { recursive: true, force: true })
  }
}

async function opened(browser: Browser, { bytesPerSecond = -1, latencyMs = 0 }: Speed) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  await cdp.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency: latencyMs, downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond },
  })
  const received = { bytes: 0 }
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
    received.bytes += encodedDataLength
  })
  const cpuMs = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
  }
  return { context, page, received, cpuMs }
}

/** A browser with nothing in its cache opens the overview. */
async function load(browser: Browser, url: string, line: Speed): Promise<Load> {
  const { context, page, received, cpuMs } = await opened(browser, line)
  const begunMs = performance.now()
  await page.goto(`${url}/`, { waitUntil: 'commit', timeout: WAIT_MS })
  await page.locator('[data-testid="overview-head"] .gauge').first().waitFor({ timeout: WAIT_MS })
  const usableMs = performance.now() - begunMs
  const usedMs = await cpuMs()
  await page.waitForFunction(
    () =>
      document.querySelector('[data-testid="map"] svg') !== null &&
      document.querySelectorAll('.ant-skeleton, .ant-spin-spinning, .ant-card-loading').length === 0,
    undefined,
    { timeout: WAIT_MS },
  )
  const settledMs = performance.now() - begunMs
  await context.close()
  return { usableMs, settledMs, bytes: received.bytes, cpuMs: usedMs }
}

async function smallest(browser: Browser, url: string, line: Speed): Promise<number> {
  const { context, page } = await opened(browser, line)
  const begunMs = performance.now()
  await page.goto(`${url}/config.json`, { timeout: WAIT_MS })
  const tookMs = performance.now() - begunMs
  await context.close()
  return tookMs
}
