// What an energy manager does with an alert, in headless Chromium against a running host: opens it through the link of
// the message, sees why, takes it in hand, and undoes the register event behind it. Then every page in both languages.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import { DAY_MS, dayLabel, dayOf, dayStartMs, HOUR_MS, hourStart, MINUTE_MS, yearOf } from '../domain/calendar.ts'
import type { AlertView } from '../domain/view/alert.ts'
import { type Client, clientOf } from '../local/command/client.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'
import { AREAS, institution, meter } from './functions/province.ts'
import { type HttpPeer, httpPeer } from './local/notify-peers.ts'

const SETUP_MS = 120_000
const WAIT = { timeout: 30_000, interval: 100 }
const PASSWORD = 'a-long-enough-password'
const METER = 'A-E'
const now = Date.now()
const spikeMs = hourStart(now) - 2 * DAY_MS
const spikeDay = dayOf(spikeMs)

let folder: string
let host: Host
let client: Client
let peer: HttpPeer
let browser: Browser
let page: Page
const complaints: string[] = []
let aheadMs = 0
const realNow = Date.now

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilowatch-pages-'))
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs)
  await buildWeb()
  host = await startHost({
    data: join(folder, 'data'),
    host: '127.0.0.1',
    port: 0,
    mqttPort: 0,
    web: () => WEB_DIST,
    log: () => undefined,
  })
  client = clientOf(host)
  peer = await httpPeer(() => ({ status: 200 }))
  await registerAndRead()
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A refused token is what one test is about, and Chromium tells of every 401.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
  })
}, SETUP_MS)

afterAll(async () => {
  vi.restoreAllMocks()
  await browser?.close()
  await host?.close()
  await peer?.close()
  await rm(folder, { recursive: true, force: true })
})

test('the link of a message opens the alert, which is explained and taken in hand', async () => {
  await page.goto(await linkOf('dualControlOver'))
  await expect.poll(() => page.getByTestId('alert-state').textContent(), WAIT).toBe('未确认')
  expect(await page.getByTestId('alert-facts').textContent()).toContain('目标 1 tce')
  await expect.poll(() => page.getByTestId('explain-chain').textContent(), WAIT).toContain('一致')
  const chain = await page.getByTestId('explain-chain').textContent()
  // The formula, the row that makes standard coal of electricity, the meter and its hours by flag.
  for (const part of ['能源消费总量', '0.1229 kgce/kWh', METER, '估算']) expect(chain).toContain(part)

  // The last day of the meter, down to the readings.
  await page.getByTestId('explain-chain').locator('.ant-table-row-expand-icon').last().click()
  const day = page.getByTestId('explain-day')
  await expect.poll(() => day.locator('table').count(), WAIT).toBe(2)
  expect(await day.locator('table').first().locator('tbody tr').count()).toBe(24)
  expect(await page.getByTestId('explain-readings').locator('tbody tr').count()).toBeGreaterThan(0)
  expect(await day.textContent()).toContain('正常')

  await page.getByTestId('admin-token').fill('a wrong token')
  await page.getByTestId('admin-name').fill('李工')
  await page.getByTestId('action-ack').click()
  await expect.poll(() => page.getByTestId('admin-form').textContent(), WAIT).toContain('令牌不正确')
  await page.getByTestId('admin-token').fill(host.adminToken)
  await page.getByTestId('action-ack').click()
  await expect.poll(() => page.getByTestId('alert-state').textContent(), WAIT).toBe('已确认')
  expect(await page.getByTestId('alert-history').textContent()).toContain('李工')
})

test('a register event that is undone on the page changes the hours, and reopened they are as before', {
  timeout: 120_000,
}, async () => {
  await page.goto(await linkOf('registerEvent'))
  await page.getByTestId('why').getByRole('link').click()
  await expect.poll(() => numberOf('curve-total'), WAIT).toBeCloseTo(24, 2)
  expect(page.url()).toContain(`day=${dayLabel(spikeDay)}`)
  const event = page.getByTestId(`event-spike:${spikeMs}`)
  const review = async (action: string): Promise<void> => {
    await event.getByRole('button', { name: '核定' }).click()
    await page.getByTestId(`action-${action}`).click()
  }
  expect(await event.textContent()).toContain('读数突跳')
  await expect.poll(() => page.getByTestId('curve').textContent(), WAIT).toContain('读数突跳')
  // The token was given in the test before and is remembered in this tab.
  await review('undo')
  await expect.poll(() => event.getByTestId('review-state').textContent(), WAIT).toBe('已撤销')
  await expect.poll(() => numberOf('curve-total'), WAIT).toBeGreaterThan(1000)
  await review('reopen')
  await expect.poll(() => numberOf('curve-total'), WAIT).toBeCloseTo(24, 2)
})

const MONTH = dayLabel(dayOf(now)).slice(0, 7)
const PLACES = [
  { hash: '#/', shows: 'dual-control' },
  { hash: '#/alerts', shows: 'alerts' },
  { hash: '#/alerts?state=cleared', shows: 'alerts' },
  { hash: '#/area/130102?view=alerts', shows: 'alerts' },
  { hash: '#/area/130102?view=ranking', shows: 'demonstration' },
  { hash: '#/area/130102?view=carbon', shows: 'carbon-total' },
  { hash: '#/area/130000?view=plan', shows: 'key-users' },
  { hash: '#/area/130000?view=revisions', shows: 'revisions' },
  { hash: '#/institution/A', shows: 'quota' },
  { hash: '#/institution/A?view=meters', shows: 'tree' },
  { hash: '#/institution/A?view=carbon', shows: 'carbon-total' },
  { hash: '#/institution/A?view=cost', shows: 'cost-total' },
  { hash: '#/institution/A?view=dataCentre', shows: 'data-centre' },
  { hash: '#/institution/A?view=revisions', shows: 'revisions' },
  { hash: `#/why/institution/A?indicator=energyPerCapita&table=quota&month=${MONTH}`, shows: 'explain-chain' },
  { hash: '#/why/area/130102?indicator=energy&table=dualControl', shows: 'explain-chain' },
]

describe.each(['zh', 'en'])('in %s', (language) => {
  beforeAll(async () => {
    await page.goto(`${host.httpUrl}/`)
    await page.evaluate((chosen) => localStorage.setItem('kilowatch.language', chosen), language)
    await page.reload()
    await page.setViewportSize({ width: 390, height: 844 })
  })

  test.each(PLACES)('$hash is shown whole, and on a phone nothing lies beside the screen', async ({ hash, shows }) => {
    await page.goto(`${host.httpUrl}/${hash}`)
    await page.getByTestId(shows).waitFor()
    await expect.poll(() => page.locator('.ant-skeleton, .ant-spin-spinning').count(), WAIT).toBe(0)
    const text = await page.locator('body').textContent()
    expect(text).not.toMatch(/undefined|\[object|NaN/)
    expect(await page.getByTestId('broken').count()).toBe(0)
    expect(await page.getByTestId('problem').count()).toBe(0)
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    if (language === 'en') expect(await unmarkedChinese()).toEqual([])
    expect(complaints).toEqual([])
  })
})

/** Chinese that an English screen reader would stumble over: it stands in no element that says its language. */
const unmarkedChinese = (): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent ?? ''
      if (/\p{Script=Han}/u.test(text) && !node.parentElement?.closest('[lang^="zh"], style')) found.push(text)
    }
    return found
  })

/** The first number in an element's text. */
async function numberOf(testId: string): Promise<number> {
  const text = (await page.getByTestId(testId).textContent()) ?? ''
  return Number(/-?[\d,]+(\.\d+)?/.exec(text)?.[0].replaceAll(',', ''))
}

/** The link in the message on an alert of the kind, as a webhook got it. */
async function linkOf(kind: AlertView['kind']): Promise<string> {
  const { items } = await client.get<{ items: AlertView[] }>(`alerts?kind=${kind}&institution=A`)
  const [{ id }] = items
  const link = peer.heard
    .flatMap(({ body }) => body.match(/http:[^\s"\\)]+/g) ?? [])
    .find((found) => decodeURIComponent(found).endsWith(id))
  if (!link) throw new Error(`no message on ${id} among ${peer.heard.map(({ body }) => body).join('\n')}`)
  return link
}

/**
 * One institution whose electricity was read daily for 13 months and hourly in the last days, 1 kWh an hour, but for
 * one spike; a target that it misses, a quota and a price; and a webhook that is told at once.
 */
async function registerAndRead(): Promise<void> {
  const source = { source: '测试值 (of a test)', standIn: true }
  const [year, since] = [yearOf(now), '2020-01-01']
  await client.put('registry', {
    areas: AREAS?.map((area) => ({ nameEn: `Area ${area.code}`, ...area })),
    institutions: [institution('A', '130102', { nameEn: 'Office A', level: 'county' })],
    gateways: [{ id: 'G-A', institution: 'A', password: PASSWORD }],
    meters: [meter(METER, 'A', { name: '总用电', purpose: '01000' })],
    targets: [
      { subject: 'A', indicator: 'energy', baseYear: year - 1, endYear: year + 1, years: { [year]: 1 }, ...source },
    ],
    quotas: [
      {
        ...{ standard: '测试定额', type: 'government', indicator: 'energyPerCapita', validFrom: since, ...source },
        ...{ constraint: 100, benchmark: 80, guide: 60 },
      },
    ],
    tariffs: [
      {
        ...{ subject: '130000', medium: 'electricity', validFrom: since, ...source },
        periods: [{ name: 'flat', fromHour: 0, toHour: 24, yuanPerUnit: 0.5 }],
      },
    ],
  })
  await client.put('settings/notify', { pageUrl: host.httpUrl })
  await client.put('settings/recipients/li', {
    ...{ name: '李', language: 'zh', severityMin: 'info', immediateMin: 'info' },
    channels: [{ type: 'webhook', url: peer.url, secret: 'very-secret' }],
  })
  const firstMs = dayStartMs(spikeDay - 1)
  const days = Array.from({ length: 400 }, (_, index) => firstMs - (400 - index) * DAY_MS)
  const hours = Array.from(
    { length: Math.floor((hourStart(now) - firstMs) / HOUR_MS) + 1 },
    (_, n) => firstMs + n * HOUR_MS,
  )
  const readings = [...days, ...hours].map((at) => ({
    meter: METER,
    at,
    value: 1000 + (at - days[0]) / HOUR_MS + (at === spikeMs ? 5000 : 0),
  }))
  const answer = await fetch(`${host.httpUrl}/api/v1/readings`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`G-A:${PASSWORD}`).toString('base64')}` },
    body: JSON.stringify({ v: 1, readings }),
  })
  expect(await answer.json()).toEqual({ stored: readings.length, rejected: 0 })
  await vi.waitFor(
    async () => expect(await client.get('areas/130000/freshness')).toMatchObject({ upToDate: true }),
    WAIT,
  )
  // What is looked at once a day is looked at again when a limit is set.
  const atOnce = { raiseAfterMinutes: 0 }
  await client.put('settings/thresholds/A', {
    thresholds: [
      { kind: 'registerEvent', ...atOnce },
      { kind: 'dualControlOver', ...atOnce },
    ],
  })
  await vi.waitFor(async () => {
    const { items } = await client.get<{ items: AlertView[] }>('alerts?institution=A')
    expect(items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['registerEvent', 'dualControlOver']))
  }, WAIT)
  // Messages gather for two minutes: the clock is turned on past them.
  aheadMs = 3 * MINUTE_MS
  await host.platform.fanOut.send('notify', [''])
  await vi.waitFor(() => expect(peer.heard.length).toBeGreaterThanOrEqual(2), WAIT)
}
