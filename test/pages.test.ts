// In headless Chromium against a running host: an energy manager opens an alert through the link of the message, sees
// why, takes it in hand, and undoes the register event behind it; officials take a report from draft to lock and save
// files. Then every page in both languages, on a phone and on paper.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { strFromU8, unzipSync } from 'fflate'
import { type Browser, chromium, type Download, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import { judged } from '../domain/alert/finding.ts'
import { findingOf } from '../domain/alert/kinds.ts'
import { advance } from '../domain/alert/life.ts'
import { defaultLimits } from '../domain/alert/rules.ts'
import {
  addMonths,
  DAY_MS,
  dayLabel,
  dayOf,
  dayStartMs,
  HOUR_MS,
  hourStart,
  MINUTE_MS,
  monthOf,
  yearOf,
} from '../domain/calendar.ts'
import type { ContractView } from '../domain/contract/view.ts'
import { must } from '../domain/must.ts'
import { periodsOfReport } from '../domain/report/forms/edition.ts'
import type { FormsView, ReportView } from '../domain/report/view.ts'
import type { AlertView } from '../domain/view/alert.ts'
import { storeAlerts } from '../functions/alerts/store.ts'
import { DEMO_KEY } from '../functions/api/routes.ts'
import { type Client, clientOf } from '../local/command/client.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'
import { asMachine, NOON_AHEAD_MS, signedIn, tabTo, turnClocks, violations } from './browser.ts'
import { runsOf, testInCampaign } from './campaign.ts'
import { AREAS, institution, meter } from './functions/province.ts'
import { type HttpPeer, httpPeer } from './local/notify-peers.ts'

const SETUP_MS = 120_000
const WAIT = { timeout: 90_000, interval: 100 }
const PASSWORD = 'a-long-enough-password'
const METER = 'A-E'
const now = Date.now() + NOON_AHEAD_MS
const spikeMs = hourStart(now) - 2 * DAY_MS
const spikeDay = dayOf(spikeMs)
const ENDED = addMonths(monthOf(now), -1)
const PHONE = { width: 390, height: 844 }

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
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + NOON_AHEAD_MS + aheadMs)
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
  // Who does not sign in reads, as on a demo.
  await host.platform.state.put([{ key: DEMO_KEY, value: { seed: 'pages', startMs: 0 } }])
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
  turnClocks(browser, NOON_AHEAD_MS)
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // Refusals are what some tests are about, and Chromium tells of each.
    if (message.type() === 'error' && !/\b(?:401|409|400)\b/.test(message.text())) complaints.push(message.text())
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

  // A visitor of the demo is shown no form, and may sign in or go on reading.
  await page.getByTestId('alert-actions').getByTestId('visitor-note').waitFor()
  for (const hidden of ['admin-form', 'admin-token', 'administration-link'])
    expect(await page.getByTestId(hidden).count(), hidden).toBe(0)
  await page.getByTestId('alert-actions').getByTestId('sign-in').click()
  await page.getByTestId('sign-in-password').waitFor()
  await page.getByTestId('visit-on').click()
  await page.getByTestId('visitor-note').waitFor()
  await asMachine(page, 'a wrong token')
  await expect.poll(() => page.getByTestId('machine-refusal').textContent(), WAIT).toContain('令牌不正确')
  await asMachine(page, host.adminToken)
  await page.getByTestId('admin-name').fill('李工')
  await page.getByTestId('action-ack').click()
  await expect.poll(() => page.getByTestId('alert-state').textContent(), WAIT).toBe('已确认')
  expect(await page.getByTestId('alert-history').textContent()).toContain('李工')
})

/** A page whose clicks are counted. */
function clicksOn(on: Page) {
  const clicks = { count: 0 }
  return {
    clicks,
    click: async (locator: Locator): Promise<void> => {
      clicks.count++
      await locator.click()
    },
    /** A link in a message is clicked in the mail program. */
    follow: async (url: string): Promise<void> => {
      clicks.count++
      await on.goto(url)
    },
  }
}

describe('journeys, by their clicks', () => {
  test('who got a message acknowledges by its link, without a sign-in: 2', async () => {
    const context = await browser.newContext({ viewport: PHONE, locale: 'zh-CN' })
    onTestFinished(() => context.close())
    const phone = await context.newPage()
    const { clicks, follow } = clicksOn(phone)
    const { acknowledge } = messageOn('pueOverLimit')
    await follow(acknowledge.url)
    const card = phone.getByTestId('acknowledge')
    await card.waitFor()
    expect(await card.textContent()).toContain('PUE')
    expect(await violations(phone)).toEqual([])
    const { items } = await client.get<{ items: AlertView[] }>('alerts?kind=pueOverLimit&institution=A')
    expect(items[0]).toMatchObject({ state: 'raised' })
    // By keyboard: a press is a click.
    await tabTo(phone, phone.getByTestId('acknowledge-send'))
    clicks.count++
    await phone.keyboard.press('Enter')
    await expect.poll(() => phone.getByTestId('acknowledged').textContent(), WAIT).toContain('李 已于')
    expect(clicks.count).toBeLessThanOrEqual(4)
    expect(clicks.count).toBe(2)
    expect(await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    // A wrong key says so, and offers nothing to press.
    await phone.goto(acknowledge.url.replace(/key=[^&]*/, 'key=x.y.li'))
    await phone.reload()
    await expect.poll(() => phone.getByTestId('problem').textContent(), WAIT).toContain('链接无效')
    expect(await phone.getByTestId('acknowledge-send').count()).toBe(0)
  })

  test('a manager goes from the message to the cause and acknowledges: at most 4', async () => {
    const grants = [{ role: 'manager' as const, institutions: ['A'] }]
    const { page: own, context, complaints: said } = await signedIn(browser, host, { id: 'manager-a', grants })
    onTestFinished(() => context.close())
    const { clicks, click, follow } = clicksOn(own)
    await follow(messageOn('quotaExceeded').link)
    const chain = own.getByTestId('explain-chain')
    await expect.poll(() => chain.textContent(), WAIT).toContain('一致')
    // The cause: by formula, months and meter.
    expect(await chain.textContent()).toContain(METER)
    await click(own.getByTestId('action-ack'))
    await expect.poll(() => own.getByTestId('alert-state').textContent(), WAIT).toBe('已确认')
    expect(await own.getByTestId('alert-history').textContent()).toContain('manager-a')
    expect(clicks.count).toBeLessThanOrEqual(4)
    // Who may not correct readings is shown no button for it.
    await own.goto(`${host.httpUrl}/#/meter/${METER}?grain=raw&day=${dayLabel(spikeDay)}`)
    await own.getByTestId('raw').locator('tbody tr').first().waitFor()
    expect(await own.getByTestId('raw').getByRole('button').count()).toBe(0)
    expect(said).toEqual([])
  })

  test('an official finds the worst city and why in 1, and has the page that is signed in 3', async () => {
    await client.post(`reports/130100/${ENDED}/build`, { who: '机器', office: '130100', version: 0 })
    const grants = [{ role: 'province' as const, areas: ['130000'] }]
    const { page: own, context, complaints: said } = await signedIn(browser, host, { id: 'official', grants })
    onTestFinished(() => context.close())
    const { clicks, click } = clicksOn(own)
    await own.goto(`${host.httpUrl}/`)
    const worst = own.getByTestId('worst-area')
    await expect.poll(() => worst.textContent(), WAIT).toContain('石家庄市')
    await click(worst.getByText('为什么'))
    const chain = own.getByTestId('explain-chain')
    await expect.poll(() => chain.textContent(), WAIT).toContain('一致')
    expect(await own.locator('main h1').textContent()).toContain('能源消费总量')
    expect(clicks.count).toBeLessThanOrEqual(3)
    expect(clicks.count).toBe(1)
    await click(own.getByTestId('reports-link'))
    const paper = own.frameLocator('[data-testid="report-preview"] iframe')
    await expect.poll(() => paper.locator('body').textContent(), WAIT).toContain('负责人')
    const [download] = await Promise.all([own.waitForEvent('download'), click(own.getByTestId('save-report.html'))])
    const sheet = await readFile(await download.path(), 'utf8')
    for (const part of ['石家庄市', '负责人']) expect(sheet).toContain(part)
    expect(clicks.count).toBe(3)
    expect(said).toEqual([])
  })
})

test('by keyboard alone: from the list to the curve of an alert, to comment, assignee, snooze and acknowledgement', {
  timeout: 120_000,
}, async () => {
  const own = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  onTestFinished(() => own.close())
  await own.goto(`${host.httpUrl}/#/alerts?kind=registerEvent`)
  await own.getByTestId('alerts').locator('li a').first().waitFor()
  await tabTo(own, own.getByTestId('alerts').locator('li a').first())
  await own.keyboard.press('Enter')
  const course = own.getByTestId('alert-course')
  await course.locator('.chart svg').waitFor()
  expect(await own.getByTestId('alert-checks').locator('li').count()).toBe(3)
  expect(await own.getByTestId('alert-cost').textContent()).toContain('不等于多用了能源')
  // The curve in figures: the hour of the spike is among them.
  await tabTo(own, course.locator('summary'))
  await own.keyboard.press('Enter')
  expect(await course.locator('details[open] tbody tr').count()).toBe(97)
  const field = async (locator: Locator, typed: string): Promise<void> => {
    await tabTo(own, locator)
    await own.keyboard.type(typed)
  }
  const actions = own.getByTestId('alert-actions')
  const history = own.getByTestId('alert-history')
  await tabTo(own, actions.getByTestId('sign-in'))
  await own.keyboard.press('Enter')
  await tabTo(own, own.getByTestId('machine-door'))
  await own.keyboard.press('Enter')
  await field(own.getByTestId('admin-token'), host.adminToken)
  await own.keyboard.press('Enter')
  await field(actions.getByTestId('admin-name'), '李工')
  await tabTo(own, actions.getByTestId('action-assign'))
  await own.keyboard.press('Enter')
  await expect.poll(() => actions.getByRole('alert').textContent(), WAIT).toContain('请填写指派给谁')
  await field(actions.getByTestId('assignee'), '王师傅')
  await tabTo(own, actions.getByTestId('action-assign'))
  await own.keyboard.press('Enter')
  await expect.poll(() => history.textContent(), WAIT).toContain('王师傅')
  await tabTo(own, actions.getByTestId('action-snooze'))
  await own.keyboard.press('Space')
  await expect.poll(() => history.textContent(), WAIT).toContain('暂缓提醒至')
  await field(actions.getByLabel('备注'), '已到现场查看')
  await tabTo(own, actions.getByTestId('action-comment'))
  await own.keyboard.press('Enter')
  await expect.poll(() => history.textContent(), WAIT).toContain('已到现场查看')
  await tabTo(own, actions.getByTestId('action-ack'))
  await own.keyboard.press('Enter')
  await expect.poll(() => own.getByTestId('alert-state').textContent(), WAIT).toBe('已确认')
  const { items } = await client.get<{ items: AlertView[] }>('alerts?kind=registerEvent&institution=A')
  expect(items[0]).toMatchObject({ state: 'acknowledged', assignee: '王师傅' })
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
  // The machine's credential was given in the test before and is remembered in this tab.
  await review('undo')
  await expect.poll(() => event.getByTestId('review-state').textContent(), WAIT).toBe('已撤销')
  await expect.poll(() => numberOf('curve-total'), WAIT).toBeGreaterThan(1000)
  await review('reopen')
  await expect.poll(() => numberOf('curve-total'), WAIT).toBeCloseTo(24, 2)
})

test('a reading is corrected on the page of its meter, and taken back as it was', { timeout: 120_000 }, async () => {
  // Of the same day, whatever the time is.
  const hours = dayOf(spikeMs + 3 * HOUR_MS) === spikeDay ? 3 : -3
  const atMs = spikeMs + hours * HOUR_MS
  const original = await readingAt(atMs)
  await page.goto(`${host.httpUrl}/#/meter/${METER}?grain=raw&day=${dayLabel(spikeDay)}`)
  await expect.poll(() => page.getByTestId('meter-face').locator('.register').textContent(), WAIT).toMatch(/\d kWh/)
  const form = page.getByTestId('repair')
  const repairTo = async (value: number): Promise<void> => {
    await page.getByTestId(`repair-${atMs}`).click()
    await form.getByTestId('repair-value').fill(String(value))
    await form.getByTestId('admin-name').fill('李工')
    await form.getByLabel('理由（必填）').fill('现场抄表')
    await form.getByTestId('action-repair').click()
    await expect.poll(() => readingAt(atMs), WAIT).toBe(value)
    await form.waitFor({ state: 'detached' })
  }
  await page.getByTestId(`repair-${atMs}`).click()
  await form.getByTestId('action-take-back').click()
  await expect.poll(() => form.textContent(), WAIT).toContain('请填写理由')
  await page.getByTestId(`repair-${atMs}`).click()
  await repairTo(original + 0.25)
  await expect
    .poll(() => page.getByTestId('raw').textContent(), WAIT)
    .toContain(new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 }).format(original + 0.25))
  await repairTo(original)
  await page.getByTestId('grains').getByText('日', { exact: true }).click()
  await expect.poll(() => page.url(), WAIT).toContain('grain=day')
  await page.getByTestId('meter-series').locator('.chart-days svg').waitFor()
})

const readingAt = async (atMs: number): Promise<number> => {
  const { points } = await client.get<{ points: { atMs: number; value: number }[] }>(
    `meters/${METER}/series?from=${atMs}&to=${atMs + HOUR_MS}&grain=raw`,
  )
  return must(points.find((point) => point.atMs === atMs)).value
}

test('forms are filled in, findings justified and thresholds set on the page', { timeout: 120_000 }, async () => {
  await page.goto(`${host.httpUrl}/#/institution/A?view=reports&month=${ENDED}`)
  const forms = page.getByTestId('report-forms')
  const [period] = periodsOfReport(ENDED).slice(-1)
  const path = `forms/A/${must(period).id}`
  const nameIn = async (where: Locator): Promise<void> => {
    await where.getByTestId('admin-name').fill('王会计')
  }
  await forms.getByTestId('entries-open').click()
  await forms.getByTestId('entry-NY201_120').fill('minus one')
  await expect.poll(() => forms.textContent(), WAIT).toContain('须填不小于零的数')
  await forms.getByTestId('entry-NY201_120').fill('1,234.5')
  await nameIn(forms)
  await forms.getByTestId('action-entries').click()
  await expect.poll(async () => (await client.get<FormsView>(path)).entries.values?.NY201_120, WAIT).toBe(1234.5)
  // It closes when the answer is there; until then there are two names to fill in.
  await forms.getByTestId('action-entries').waitFor({ state: 'detached' })
  const rooms = forms.getByTestId('report-rooms')
  await rooms.getByTestId('rooms-open').click()
  await rooms.getByTestId('add-room').click()
  const room = rooms.getByTestId('room-1')
  await room.getByLabel('机房名称').fill('一层机房')
  await room.getByTestId('room-1-NY202_210').fill('many')
  await expect.poll(() => rooms.textContent(), WAIT).toContain('须填名称或不小于零的数：机柜总数量')
  await room.getByTestId('room-1-NY202_210').fill('12')
  await nameIn(rooms)
  await rooms.getByTestId('action-rooms').click()
  await expect
    .poll(async () => (await client.get<FormsView>(path)).entries, WAIT)
    .toMatchObject({
      values: { NY201_120: 1234.5 },
      rooms: [{ id: '1', name: '一层机房', values: { NY202_210: 12 } }],
    })
  await rooms.getByTestId('action-rooms').waitFor({ state: 'detached' })
  await forms.getByTestId('reason').first().fill('去年同期停用')
  await nameIn(forms)
  await forms.getByTestId('action-justifications').click()
  await expect
    .poll(async () => (await client.get<FormsView>(path)).justifications, WAIT)
    .toMatchObject([{ text: '去年同期停用', by: '王会计' }])

  await page.goto(`${host.httpUrl}/#/area/130102?view=reports&month=${ENDED}`)
  const thresholds = page.getByTestId('report-thresholds')
  await thresholds.getByTestId('threshold-yearOnYear').fill('20')
  await thresholds.getByTestId('threshold-source').fill('区机关事务局 2026 年通知')
  await nameIn(thresholds)
  await thresholds.getByTestId('action-thresholds').click()
  await expect
    .poll(async () => (await client.get<{ thresholds: unknown[] }>('settings/report-checks')).thresholds, WAIT)
    .toMatchObject([{ threshold: 'yearOnYear', area: '130102', value: 0.2, source: '区机关事务局 2026 年通知' }])
})

testInCampaign(
  'a contract goes on the page from its baseline to a signed settlement: each party signs, disputes and agrees',
  {
    timeout: 120_000,
  },
  async () => {
    const begin = addMonths(ENDED, -1)
    const terms = {
      ...{ id: 'EPC-P', name: '照明改造', kind: 'sharedSavings', institution: 'A', medium: 'electricity' },
      parties: { owner: { name: '长安区机关' }, contractor: { name: '节能公司' } },
      boundary: [{ meter: METER }],
      baseline: {
        ...{ from: `${addMonths(begin, -12)}-01`, to: `${begin}-01` },
        method: { kind: 'years', rule: 'jst301', totals: [12_000, 11_500, 11_000] },
      },
      reporting: { from: `${begin}-01`, to: `${addMonths(begin, 12)}-01`, everyMonths: 1 },
      price: { kind: 'fixed', yuanPerUnit: 0.5 },
      shares: [{ year: 1, ownerPct: 30, contractorPct: 70 }],
    }
    await client.put('contracts/EPC-P', { terms })
    const view = () => client.get<ContractView>('contracts/EPC-P')
    await page.goto(`${host.httpUrl}/#/institution/A?view=contracts`)
    const position = page.getByTestId('contract-position')
    const act = async (where: Locator, action: string): Promise<void> => {
      await where.getByTestId(`action-${action}`).waitFor()
      const name = where.getByTestId('admin-name').last()
      if ((await name.inputValue()) === '') await name.fill('王工')
      await where.getByTestId(`action-${action}`).click()
    }
    await act(position, 'baseline')
    for (const party of ['owner', 'contractor']) {
      await position.getByTestId(`action-sign-terms-${party}`).waitFor()
      await act(position, `sign-terms-${party}`)
      await expect.poll(async () => (await view()).signatures[party as 'owner'] !== null, WAIT).toBe(true)
    }
    expect((await view()).state).toBe('running')

    const adjustments = page.getByTestId('contract-adjustments')
    await adjustments.locator('summary').click()
    await adjustments.getByTestId('change-amount').fill('2.5')
    await adjustments.getByLabel('理由（必填）').fill('新增机房')
    await act(adjustments, 'propose-contractor')
    await expect.poll(async () => (await view()).adjustments.length, WAIT).toBe(1)
    await act(adjustments.getByTestId('adjustment-1'), 'accept-1')
    await expect
      .poll(async () => (await view()).adjustments[0]?.answered, WAIT)
      .toMatchObject({
        ...{ party: 'owner', answer: 'accepted' },
      })

    await client.post('contracts/EPC-P/settle', {})
    await page.reload()
    await page.getByTestId(`period-${begin}`).focus()
    await page.keyboard.press('Enter')
    const settlement = page.getByTestId('contract-settlement')
    const state = async () => (await view()).settlements[0]?.state
    await settlement.getByLabel('说明（提出异议必填）').fill('表计读数有误')
    await act(settlement, 'dispute-owner')
    await expect.poll(state, WAIT).toBe('disputed')
    await act(settlement, 'withdrawn')
    await expect.poll(state, WAIT).toBe('issued')
    for (const party of ['owner', 'contractor']) {
      await settlement.getByTestId(`action-sign-${party}`).waitFor()
      await act(settlement, `sign-${party}`)
      await expect.poll(() => settlement.getByTestId(`action-sign-${party}`).count(), WAIT).toBe(0)
    }
    await expect.poll(state, WAIT).toBe('signed')

    const charts = page.getByTestId('contract-charts')
    await charts.locator('svg').first().waitFor()
    const table = charts.locator('details').last()
    await table.locator('summary').click()
    expect(await table.locator('tbody').textContent()).toContain(begin)
  },
)

test('a report is built, checked and submitted on the page; of two officials at once the second reads who was first', {
  timeout: 120_000,
}, async () => {
  await page.goto(`${host.httpUrl}/#/institution/A?view=reports&month=${ENDED}`)
  await page.getByTestId('admin-name').fill('张三')
  const take = async (step: string, state: string): Promise<void> => {
    await page.getByTestId(`action-${step}`).click()
    await expect.poll(() => stateShown(), WAIT).toBe(state)
  }
  const stateShown = async () =>
    (await page.getByTestId('report-state').count()) ? page.getByTestId('report-state').textContent() : ''
  await take('build', '草稿')
  await take('check', '已校验')
  await take('submit', '已上报')
  const preview = page.frameLocator('[data-testid="report-preview"] iframe')
  await expect.poll(() => preview.locator('h1').textContent(), WAIT).toContain('公共机构能源资源消费月报')
  expect(await preview.locator('body').textContent()).toContain('负责人')

  // The page still shows the report as submitted when another official accepts it.
  const { version } = await client.get<ReportView>(`reports/A/${ENDED}`)
  await client.post(`reports/A/${ENDED}/accept`, { who: '李四', office: '130102', version })
  await page.getByLabel('说明（退回与修订必填）').fill('数据有误')
  await page.getByTestId('action-return').click()
  await expect.poll(() => page.getByRole('alert').first().textContent(), WAIT).toContain('李四已于')
  await expect.poll(() => stateShown(), WAIT).toBe('审核通过')
  await page.getByLabel('说明（退回与修订必填）').fill('')
  await page.getByTestId('action-return').click()
  await expect.poll(() => page.getByRole('alert').first().textContent(), WAIT).toContain('须在说明中写明原因')
  await take('lock', '已锁定')
  const history = (await page.getByTestId('report-history').textContent()) ?? ''
  for (const part of ['张三', '李四', '编制', '上报', '锁定']) expect(history).toContain(part)
  await page.getByTestId('compare-differences').click()
  await expect.poll(() => page.getByTestId('differences-total').textContent(), WAIT).toMatch(/差异/)
})

testInCampaign(
  'the files of the report, and tables as CSV and XLSX, are saved under their subject and period',
  async () => {
    const workbook = await saved(() => page.getByTestId('save-report.xlsx').click())
    expect(workbook.name).toBe(`A 机构_${ENDED}_第 1 版_report.xlsx`)
    expect(strFromU8(unzipSync(workbook.bytes)['xl/workbook.xml'])).toContain('<sheet name="首页"')
    const all = await saved(() => page.getByTestId('save-all').click())
    const { revisions } = await client.get<ReportView>(`reports/A/${ENDED}`)
    expect(Object.keys(unzipSync(all.bytes)).sort()).toEqual(revisions[0].files.map(({ name }) => name).sort())

    await page.goto(`${host.httpUrl}/#/institution/A?month=${ENDED}`)
    const card = page.getByTestId('dual-control')
    await expect.poll(() => card.locator('[data-testid^="indicator-"]').count(), WAIT).toBe(7)
    // By keyboard: the menu opens with its first entry in focus.
    const csv = await saved(async () => {
      await card.getByTestId('save-table').focus()
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: 'CSV' }).waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
    })
    expect(csv.name).toMatch(new RegExp(`^A 机构_双控状态_${ENDED}\\.(?:csv|xlsx)$`))
    await card.getByTestId('save-table').click()
    const asCsv = await saved(() => page.getByRole('menuitem', { name: 'CSV' }).click())
    const [head, ...rows] = parse(asCsv.bytes, { bom: true }) as string[][]
    expect(head).toContain('目标')
    expect(rows).toHaveLength(7)
    const status = await client.get<{ dualControl: { indicators: { actual: number }[] } }>(
      `institutions/A/status?month=${ENDED}`,
    )
    expect(Number(rows[0][head.indexOf('实际')])).toBe(status.dualControl.indicators[0].actual)
  },
)

test('the use of any days stands beside the year before, in a chart, a table and a file', async () => {
  const [from, to] = [dayLabel(spikeDay - 40), dayLabel(spikeDay - 11)]
  await page.goto(`${host.httpUrl}/#/institution/A?view=use&month=${ENDED}`)
  const card = page.getByTestId('use-period')
  await card.locator('.chart svg').waitFor()
  await page.getByTestId('use-from').fill(to)
  await page.getByTestId('use-to').fill(from)
  await page.getByTestId('use-apply').click()
  await expect.poll(() => card.getByRole('alert').textContent(), WAIT).toContain('开始日期不能晚于')
  await page.getByTestId('use-from').fill(from)
  await page.getByTestId('use-to').fill(to)
  await page.getByTestId('use-apply').click()
  await expect.poll(() => page.url(), WAIT).toContain(`from=${from}&to=${to}`)
  // 1 kWh an hour for 30 days, and the same a year before.
  await expect.poll(() => numberOf('use-total'), WAIT).toBeCloseTo(720, 3)
  await card.locator('summary').click()
  await expect.poll(() => card.locator('details tbody tr').count(), WAIT).toBe(30)
  await card.getByTestId('save-table').click()
  const file = await saved(() => page.getByRole('menuitem', { name: 'CSV' }).click())
  expect(file.name).toContain(`${from} ${to}`)
  expect(parse(file.bytes, { bom: true })).toHaveLength(31)
  await page.getByTestId('use-steps').getByText('月', { exact: true }).click()
  await expect.poll(() => page.url(), WAIT).toContain('step=month')
  await expect.poll(() => numberOf('use-total'), WAIT).toBeCloseTo(720, 3)
  await page.getByTestId('use-calendar').locator('.chart svg').waitFor()
  await page.getByTestId('use-flow').locator('.chart svg').waitFor()
})

/** The file that the page saves after `click`. */
async function saved(click: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const started: Promise<Download> = page.waitForEvent('download')
  await click()
  const download = await started
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}

testInCampaign(
  'dark as the system is, or by a choice that stays: readable, from the first frame on, and light on paper',
  async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })
    onTestFinished(() => context.close())
    await context.addInitScript(() => {
      const grounds = new Set<string>()
      const look = () => {
        if (document.body) grounds.add(getComputedStyle(document.body).backgroundColor)
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
      Object.assign(globalThis, { grounds })
    })
    const own = await context.newPage()
    const asked: string[] = []
    own.on('request', (request) => asked.push(request.url()))
    /** The ground of the page in each frame since it was loaded. */
    const grounds = () => own.evaluate(() => [...(globalThis as unknown as { grounds: Set<string> }).grounds])
    const [dark, light] = ['rgb(13, 15, 18)', 'rgb(244, 246, 249)']
    for (const { hash, shows } of [
      { hash: '#/', shows: 'dual-control' },
      { hash: `#/institution/A?view=use&month=${ENDED}`, shows: 'use-flow' },
    ]) {
      await own.goto(`${host.httpUrl}/${hash}`)
      await own.getByTestId(shows).waitFor()
      await expect.poll(() => own.locator('.waiting, .ant-skeleton, .ant-spin-spinning').count(), WAIT).toBe(0)
      expect(await violations(own)).toEqual([])
      expect(await grounds()).toEqual([dark])
    }
    // Asked for before the page is drawn, and taken by what it draws: not asked for again.
    for (const early of [/\/areas\/\d+\/status\?month=[\d-]+$/, /\/alerts\?limit=1$/])
      expect(asked.filter((url) => early.test(url))).toHaveLength(1)
    await own.getByTestId('theme').selectOption('light')
    await own.reload()
    await own.getByTestId('use-calendar').locator('.chart svg').waitFor()
    expect(await grounds()).toEqual([light])
    await own.emulateMedia({ colorScheme: 'light' })
    await own.getByTestId('theme').selectOption('dark')
    await own.reload()
    const card = own.getByTestId('use-calendar')
    const month = card.locator('.chart text').first()
    await month.waitFor()
    expect(await grounds()).toEqual([dark])
    const colors = async () => [
      await card.evaluate((element) => getComputedStyle(element).backgroundColor),
      await month.getAttribute('fill'),
    ]
    expect(await colors()).toEqual(['rgb(22, 25, 29)', '#a9b0ba'])
    await own.evaluate(() => dispatchEvent(new Event('beforeprint')))
    expect(await colors()).toEqual(['rgb(255, 255, 255)', '#595959'])
    await own.evaluate(() => dispatchEvent(new Event('afterprint')))
    expect(await colors()).toEqual(['rgb(22, 25, 29)', '#a9b0ba'])
  },
)

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
  { hash: '#/area/130100?view=reports', shows: 'report-due' },
  { hash: `#/institution/A?view=reports&month=${ENDED}`, shows: 'report-history' },
  { hash: '#/institution/A', shows: 'quota' },
  { hash: '#/institution/A?view=meters', shows: 'tree' },
  { hash: `#/institution/A?view=use&month=${ENDED}`, shows: 'use-flow' },
  { hash: '#/institution/A?view=carbon', shows: 'carbon-total' },
  { hash: '#/institution/A?view=contracts', shows: 'contract-charts' },
  { hash: '#/institution/A?view=control', shows: 'control-rule-form' },
  { hash: '#/institution/A?view=cost', shows: 'cost-total' },
  { hash: '#/institution/A?view=dataCentre', shows: 'data-centre' },
  { hash: '#/institution/A?view=revisions', shows: 'revisions' },
  { hash: `#/why/institution/A?indicator=energyPerCapita&table=quota&month=${MONTH}`, shows: 'explain-chain' },
  { hash: '#/why/area/130102?indicator=energy&table=dualControl', shows: 'explain-chain' },
  { hash: `#/meter/${METER}`, shows: 'curve' },
  { hash: `#/meter/${METER}?grain=raw&day=${dayLabel(spikeDay)}`, shows: 'raw' },
  { hash: `#/meter/${METER}?grain=day`, shows: 'meter-series' },
  { hash: '#/institutions', shows: 'institutions' },
  { hash: '#/connection', shows: 'refusals' },
  { hash: '#/wall', shows: 'wall' },
]

/** `npm test` looks at every tenth place in English; the campaign at all, and at a third in Chinese. */
const SEEN_PLACES = {
  en: PLACES.filter((_, n) => n % runsOf({ test: 10, campaign: 1 }) === 0),
  zh: PLACES.filter((_, n) => n % 3 === 1),
}

describe.each((['en', 'zh'] as const).slice(0, runsOf({ test: 1, campaign: 2 })))('in %s', (language) => {
  beforeAll(async () => {
    await page.goto(`${host.httpUrl}/`)
    await page.evaluate((chosen) => localStorage.setItem('kilowatch.language', chosen), language)
    await page.reload()
    await page.setViewportSize(PHONE)
  })

  test.each(SEEN_PLACES[language])(
    '$hash is shown whole, and nothing lies beside a phone or a sheet of paper',
    async ({ hash, shows }) => {
      await page.goto(`${host.httpUrl}/${hash}`)
      await page.getByTestId(shows).waitFor()
      await expect.poll(() => page.locator('.waiting, .ant-skeleton, .ant-spin-spinning').count(), WAIT).toBe(0)
      const text = await page.locator('body').textContent()
      expect(text).not.toMatch(/undefined|\[object|NaN/)
      expect(await page.getByTestId('broken').count()).toBe(0)
      expect(await page.getByTestId('problem').count()).toBe(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      for (const width of [820, PHONE.width]) {
        await page.setViewportSize({ ...PHONE, width })
        // A table is stacked when it was measured.
        await expect.poll(sideways, WAIT).toEqual([])
      }
      if (language === 'en') expect(await unmarkedChinese()).toEqual([])
      expect(await violations(page)).toEqual([])
      expect(await leftOffPaper()).toEqual([])
      expect(complaints).toEqual([])
    },
  )
})

/** What scrolls sideways. */
const sideways = (): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.checkVisibility())
      .filter((element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
      .map(({ className, textContent }) => `${className} ${textContent?.slice(0, 40)}`),
  )

/** What A4 across cuts off, leaves folded, or prints although it is of use on a screen only. */
async function leftOffPaper(): Promise<string[]> {
  await page.setViewportSize({ width: 1046, height: 718 })
  await page.emulateMedia({ media: 'print' })
  const found = await page.evaluate(() => {
    dispatchEvent(new Event('beforeprint'))
    const isShown = (element: Element) => element.getClientRects().length > 0
    const nameOf = (element: Element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`
    const wide = [...document.querySelectorAll('table, svg, iframe, .ant-card')].filter((element) => {
      const cut = element.closest('.ant-table-content') ?? element.parentElement
      const isCut = cut !== null && element.getBoundingClientRect().right > cut.getBoundingClientRect().right + 2
      return (
        isShown(element) && !element.closest('.paper') && (isCut || element.getBoundingClientRect().right > innerWidth)
      )
    })
    const screenOnly = document.querySelectorAll(
      '.page-header-tools, .tabs, .ant-tabs, .tools, .ant-pagination, .admin-form, .ant-btn:not(.ant-btn-link)',
    )
    const left = [...wide, ...document.querySelectorAll('details:not([open])'), ...[...screenOnly].filter(isShown)]
    const names = left.map(nameOf)
    dispatchEvent(new Event('afterprint'))
    return names
  })
  await page.emulateMedia({ media: null })
  await page.setViewportSize(PHONE)
  return found
}

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

/** The links in the message on an alert of the kind, as a webhook got them. */
function messageOn(kind: AlertView['kind']): { link: string; acknowledge: { url: string; text: string } } {
  const message = peer.heard.find(({ body }) => body.includes(encodeURIComponent(`${kind}:A`)))
  return JSON.parse(must(message).body)
}

/** The link in the message on an alert of the kind that opens its page. */
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
      ...['A', '130100'].map((subject) => ({
        ...{ subject, indicator: 'energy', baseYear: year - 1, endYear: year + 1, years: { [year]: 1 }, ...source },
      })),
    ],
    quotas: [
      {
        ...{ standard: '测试定额', type: 'government', indicator: 'energyPerCapita', validFrom: since, ...source },
        ...{ constraint: 1, benchmark: 0.8, guide: 0.6 },
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
      { kind: 'quotaExceeded', ...atOnce },
    ],
  })
  await vi.waitFor(async () => {
    const { items } = await client.get<{ items: AlertView[] }>('alerts?institution=A')
    const kinds = ['registerEvent', 'dualControlOver', 'quotaExceeded']
    expect(items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds))
  }, WAIT)
  // One that no round looks at again today.
  const subject = { type: 'institution', id: 'A' } as const
  const question = { subject, limits: defaultLimits('pueOverLimit'), asOfMs: now }
  const found = findingOf('pueOverLimit', judged(question, { value: 9, facts: { totalKwh: 900, itKwh: 100 } }))
  const raised = advance(undefined, { ...found, limits: { ...found.limits, raiseAfterMinutes: 0 } }, Date.now())
  const { alert, events } = raised
  await storeAlerts(host.platform.state, '130102', { changed: [must(alert)], dropped: [], events: [...events] })
  // Messages gather for two minutes: the clock is turned on past them.
  aheadMs = 3 * MINUTE_MS
  await host.platform.fanOut.send('notify', [''])
  await vi.waitFor(() => expect(peer.heard.length).toBeGreaterThanOrEqual(4), WAIT)
}
