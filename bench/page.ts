// What a reader waits for: the overview of the demo in a browser that has nothing of it, on this machine and over a
// slow line. The page is usable when a frame has shown the verdict's sentence, the figure of every gauge, and the
// links and tabs of navigation, each where a click would meet it. The reference is the same browser with the smallest
// answer of the same host.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import { prepareDemo } from '../local/command/demo.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'
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
  /** Milliseconds from the start of the navigation, as the browser counts, until the page is usable. */
  usableMs: number
  /** … from the command to the browser until the first gauge: with the browser's own work for an empty tab. */
  gaugeMs: number
  /** … from the command until nothing on the screen loads any more. */
  settledMs: number
  /** From a click on a tab, as soon as the page is usable, until that tab is the open one; NaN: not clicked. */
  clickMs: number
  /** Of what was usable, how long tasks stopped the page afterwards: the part of each beyond 50 ms. */
  blockedMs: number
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
    await isCaughtUp(host)
    say('the demo is ready')
    const loads = Math.max(1, Math.ceil(LOADS * Math.sqrt(scale)))
    // The host has answered before; the browser has not asked.
    await load(browser, host.httpUrl, {})
    const rows: CostRow[] = []
    for (const line of LINES) {
      const found: Load[] = []
      for (let n = 0; n < loads; n++) found.push(await load(browser, host.httpUrl, line))
      const far = await load(browser, host.httpUrl, { ...line, latencyMs: FAR_MS })
      const clicked = await load(browser, host.httpUrl, line, true)
      const reference = await smallest(browser, host.httpUrl, line)
      const median = (one: (load: Load) => number) => percentile(found.map(one), 0.5)
      const usable = median(({ usableMs }) => usableMs)
      say(`${line.name}: ${usable.toFixed(0)} ms`)
      rows.push({
        what: `overview of the demo from a cold cache, ${line.name}, ms`,
        value: usable,
        reference: { what: 'config.json in the same browser, ms', value: reference },
        ratio: usable / reference,
        bar: line.bar,
        more: {
          'slowest ms': Math.max(...found.map(({ usableMs }) => usableMs)),
          'from the command to a gauge ms': median(({ gaugeMs }) => gaugeMs),
          'all of it ms': median(({ settledMs }) => settledMs),
          'processor ms': median(({ cpuMs }) => cpuMs),
          'blocked afterwards ms': median(({ blockedMs }) => blockedMs),
          'click answered ms': clicked.clickMs,
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

/** Waits until what a start leaves to do is done: nobody opens the page in that second. */
async function isCaughtUp({ httpUrl }: Pick<Host, 'httpUrl'>): Promise<void> {
  for (let still = 0; still < STILL_TIMES; ) {
    const begunMs = performance.now()
    const answer = await fetch(`${httpUrl}/api/v1/health`)
    await answer.arrayBuffer()
    still = answer.ok && performance.now() - begunMs < STILL_MS ? still + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, STILL_WAIT_MS))
  }
}
/** So often in turn the host answers at once. */
const STILL_TIMES = 20
const STILL_MS = 20
const STILL_WAIT_MS = 100

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

/** A browser with nothing in its cache opens the overview; `clicks`: then a tab is opened as soon as it is usable. */
async function load(browser: Browser, url: string, line: Speed, clicks = false): Promise<Load> {
  const { context, page, received, cpuMs } = await opened(browser, line)
  await page.addInitScript(watchForUse)
  const begunMs = performance.now()
  await page.goto(`${url}/`, { waitUntil: 'commit', timeout: WAIT_MS })
  await page.locator('[data-testid="overview-head"] .gauge').first().waitFor({ timeout: WAIT_MS })
  const gaugeMs = performance.now() - begunMs
  await page.waitForFunction(() => (globalThis as Watched).usableMs, undefined, { timeout: WAIT_MS })
  const usedMs = await cpuMs()
  const clickMs = clicks ? await openTab(page) : Number.NaN
  if (!clicks) await page.waitForFunction(hasSettled, undefined, { timeout: WAIT_MS })
  const settledMs = performance.now() - begunMs
  const { usableMs, tasks } = await page.evaluate(() => {
    const { usableMs = Number.NaN, tasks = [] } = globalThis as Watched
    return { usableMs, tasks }
  })
  await context.close()
  const blockedMs = tasks.filter(({ atMs }) => atMs >= usableMs).reduce((sum, { ms }) => sum + ms - LONG_TASK_MS, 0)
  return { usableMs, gaugeMs, settledMs, clickMs, blockedMs, bytes: received.bytes, cpuMs: usedMs }
}

/** A browser reports tasks that take longer. */
const LONG_TASK_MS = 50

const hasSettled = (): boolean =>
  document.querySelector('[data-testid="map"] svg') !== null &&
  document.querySelectorAll('.waiting, .ant-skeleton, .ant-spin-spinning, .ant-card-loading').length === 0

async function openTab(page: Page): Promise<number> {
  const tab = page.getByRole('tab').nth(1)
  const begunMs = performance.now()
  await tab.click({ timeout: WAIT_MS })
  await page.waitForFunction(() => document.querySelectorAll('[role=tab]')[1]?.ariaSelected === 'true', undefined, {
    timeout: WAIT_MS,
  })
  return performance.now() - begunMs
}

type Watched = typeof globalThis & { usableMs?: number; tasks?: { atMs: number; ms: number }[] }

/** Runs in the page before its own scripts: looks at each frame whether all that makes it usable is there. */
function watchForUse(): void {
  const watched = globalThis as Watched
  const tasks: Watched['tasks'] = []
  watched.tasks = tasks
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ atMs: startTime, ms: duration })
  }).observe({ type: 'longtask', buffered: true })
  const isMet = (element: Element): boolean => {
    const { left, top, width, height } = element.getBoundingClientRect()
    const met = document.elementFromPoint(left + width / 2, top + height / 2)
    return width > 0 && element.contains(met)
  }
  const find = (id: string) => document.querySelector(`[data-testid="${id}"]`)
  const isUsable = (): boolean => {
    const sentence = document.querySelector('[data-testid="overview-head"] .verdict-sentence')
    const figures = [...document.querySelectorAll('.gauge svg')]
    const tabs = [...document.querySelectorAll('[role=tab]')]
    const links = ['alert-count', 'reports-link', 'connection-link'].map(find)
    const isSaid = [sentence, ...figures].every((element) => (element?.textContent ?? '') !== '')
    const isAll = figures.length > 0 && tabs.length > 0 && isSaid
    return isAll && [sentence, ...figures, ...tabs, ...links].every((element) => element !== null && isMet(element))
  }
  const tell = () => {
    watched.usableMs = performance.now()
  }
  // Called before a frame is painted: by the next one it stands on the screen.
  const look = () => requestAnimationFrame(isUsable() ? tell : look)
  requestAnimationFrame(look)
}

async function smallest(browser: Browser, url: string, line: Speed): Promise<number> {
  const { context, page } = await opened(browser, line)
  const begunMs = performance.now()
  await page.goto(`${url}/config.json`, { timeout: WAIT_MS })
  const tookMs = performance.now() - begunMs
  await context.close()
  return tookMs
}
