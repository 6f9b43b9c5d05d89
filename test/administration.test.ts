// Administration in Chromium: the system administrator previews an import with its closed months and wrong rows,
// imports it, saves a template, sets a limit and tests a channel; the security administrator adds, deactivates and
// brings back a person with two roles; the auditor reads the log; a person changes the own password.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { Grant } from '../domain/access/permission.ts'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../domain/calendar.ts'
import { newWatch } from '../domain/control/watch.ts'
import { controlKeys } from '../functions/controlling/store.ts'
import { type Client, clientOf } from '../local/command/client.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'
import { launchChromium, NOON_AHEAD_MS, PERSON_PASSWORD, signedIn, tabTo, turnClocks } from './browser.ts'
import { PROVINCE, send } from './functions/province.ts'
import { type HttpPeer, httpPeer } from './local/notify-peers.ts'

const WAIT = { timeout: 90_000, interval: 100 }
let folder: string
let host: Host
let client: Client
let peer: HttpPeer
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilowatch-administration-'))
  const realNow = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + NOON_AHEAD_MS)
  await buildWeb()
  const options = { data: join(folder, 'data'), host: '127.0.0.1', port: 0, mqttPort: 0, log: () => undefined }
  host = await startHost({ ...options, web: () => WEB_DIST })
  client = clientOf(host)
  await client.put('registry', PROVINCE)
  peer = await httpPeer(() => ({ status: 200 }))
  browser = turnClocks(await launchChromium(), NOON_AHEAD_MS)
}, 120_000)

afterAll(async () => {
  vi.restoreAllMocks()
  await browser?.close()
  await host?.close()
  await peer?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The page of a view as a person with a role. */
async function opened(id: string, grants: readonly Grant[], view: string): Promise<Page> {
  const { page, context, complaints } = await signedIn(browser, host, { id, grants })
  onTestFinished(async () => {
    await context.close()
    // Refusals are what some steps are about, and Chromium tells of each.
    expect(complaints.filter((said) => !/\b(?:400|403|404|409|422)\b/.test(said))).toEqual([])
  })
  await page.goto(`${host.httpUrl}/#/administration?view=${view}`)
  return page
}
const SYSTEM: Grant[] = [{ role: 'system' }]
const SECURITY: Grant[] = [{ role: 'security' }]

test('an import is previewed, wrong rows are named, and it is stored when confirmed', async () => {
  const page = await opened('chen', SYSTEM, 'registry')
  const card = page.getByTestId('registry-import')
  const file = async (name: string, text: string) => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }
  const header = '机构编码,名称,行政区划代码,机构类型,生效日期,建筑面积,用能人数'
  await page
    .getByTestId('registry-files')
    .setInputFiles(await file('institutions.csv', `${header}\nNEW-1,新校,130102,没有这种,2025-01-01,10,5\n`))
  await expect.poll(() => page.getByTestId('files-read').textContent(), WAIT).toContain('有误的行')
  await card.getByTestId('action-preview').click()
  await expect.poll(() => card.textContent(), WAIT).toContain('请先改正')
  await page
    .getByTestId('registry-files')
    .setInputFiles(await file('institutions.csv', `${header}\nNEW-1,新校,130102,教育,2025-01-01,1000,500\n`))
  await card.getByTestId('action-import').click()
  await expect.poll(() => card.textContent(), WAIT).toContain('请先预览')
  await card.getByTestId('action-preview').click()
  await expect.poll(() => page.getByTestId('import-preview').textContent(), WAIT).toContain('机构')
  await expect(client.get('institutions/NEW-1')).rejects.toThrow()
  await card.getByTestId('action-import').click()
  await expect.poll(() => page.getByTestId('import-done').textContent(), WAIT).toContain('已导入')
  expect(await client.get('institutions/NEW-1')).toMatchObject({ name: '新校' })

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('template-meters').click()])
  expect(download.suggestedFilename()).toBe('meters.csv')
  expect(await readFile(await download.path(), 'utf8')).toMatch(/^\uFEFF表计编号/)
})

test('a limit is set for an area, a channel is tested, and its outcome is shown', async () => {
  const page = await opened('chen', SYSTEM, 'thresholds')
  await page.goto(`${host.httpUrl}/#/administration?view=thresholds&subject=130102`)
  await page.getByTestId('raise-meterSilent').fill('7')
  await page.getByTestId('clear-meterSilent').fill('5')
  await page.getByTestId('action-limits').click()
  await vi.waitFor(
    async () =>
      expect(await client.get('settings/thresholds/130102')).toMatchObject({
        thresholds: [{ kind: 'meterSilent', raise: 7, clear: 5, by: expect.stringContaining('chen') }],
      }),
    WAIT,
  )
  await page.goto(`${host.httpUrl}/#/administration?view=channels`)
  await page.getByTestId('recipient-id').fill('li')
  await page.getByTestId('recipient-to').fill('not a mail address')
  await page.getByTestId('action-recipient').click()
  await expect.poll(() => page.getByTestId('channels').textContent(), WAIT).toContain('填写有误')
  await client.put('settings/recipients/robot', {
    ...{ name: '值班', channels: [{ type: 'webhook', url: peer.url, secret: 'very-secret' }] },
  })
  await page.reload()
  await page.getByTestId('test-robot').click()
  await expect.poll(() => page.getByTestId('test-outcome').textContent(), WAIT).toContain('已发出')
  expect(peer.heard.map(({ body }) => body).join()).toContain('测试消息')
  expect(await page.getByTestId('channels').textContent()).not.toContain('very-secret')
})

test('a person gets two roles, is deactivated, and comes back by a new link', async () => {
  const page = await opened('feng', SECURITY, 'people')
  await page.getByTestId('person-id').fill('hua')
  await page.getByTestId('person-places').fill('130102, 130104')
  await page.getByRole('button', { name: '再加一个角色' }).click()
  await page.getByTestId('person-places').last().fill('130202')
  await page.getByTestId('person-save').click()
  await expect.poll(() => page.getByTestId('people-said').textContent(), WAIT).toContain('#/invitation/')
  expect((await host.platform.accounts.get('hua'))?.grants).toEqual([
    { role: 'county', areas: ['130102', '130104'] },
    { role: 'county', areas: ['130202'] },
  ])
  await page.getByTestId('deactivate-hua').click()
  await page.getByRole('button', { name: /确\s*定|OK/ }).click()
  await expect.poll(() => page.getByTestId('people').textContent(), WAIT).toContain('已停用')
  expect((await host.platform.accounts.get('hua'))?.isActive).toBe(false)
  await page.getByTestId('reset-hua').click()
  await expect.poll(async () => (await host.platform.accounts.get('hua'))?.isActive, WAIT).toBe(true)
  // What the role may not open is said, not shown empty.
  await page.goto(`${host.httpUrl}/#/administration?view=registry`)
  await page.getByTestId('no-right').waitFor()
})

test('a rule of control is tried, stored, permitted and withdrawn, and a proposal is decided, by who may', async () => {
  const { platform } = host
  const startMs = dayStartMs(dayOf(Date.now())) - 9 * DAY_MS
  const value = (hour: number): number => hour * 5 + (hour % 24 > 12 ? 200 : 0)
  await send(
    platform,
    'G-A',
    Array.from({ length: 9 * 24 + 1 }, (_, hour) => ({
      ...{ meter: 'A-E', at: startMs + hour * HOUR_MS, value: value(hour) },
    })),
    Date.now(),
  )
  const page = await opened('zhang', [{ role: 'manager', institutions: ['A'] }], 'own')
  const view = `${host.httpUrl}/#/institution/A?view=control`
  await page.goto(view)
  const form = page.getByTestId('control-rule-form')
  await page.getByTestId('rule-limit').fill('60')
  await page.getByTestId('simulate-rule').click()
  await expect.poll(() => form.textContent(), WAIT).toContain('请选择表计')
  await page.getByTestId('rule-kind').click()
  await page.getByTitle('夜间降温（降低设定值）').click()
  for (const [name, text] of Object.entries({ address: '100', night: '160', day: '200', savedShare: '0.1' }))
    await page.getByTestId(`rule-${name}`).fill(text)
  await page.getByTestId('rule-days').fill('9')
  await page.getByTestId('simulate-rule').click()
  await expect.poll(() => page.getByTestId('control-simulation').textContent(), WAIT).toMatch(/会动作 \d+ 次.*会节约/)
  await page.getByTestId('action-save-rule').click()
  const rule = page.getByTestId('rule-rule-1')
  await expect.poll(() => rule.textContent(), WAIT).toContain('已保存，尚未试算')
  await rule.getByRole('button', { name: /操\s*作/ }).click()
  await rule.getByTestId('action-permit').click()
  await expect.poll(() => rule.getByRole('alert').textContent(), WAIT).toContain('尚未用历史试算')
  await rule.getByTestId('action-try').click()
  await expect.poll(() => rule.getByTestId('rule-state').textContent(), WAIT).toBe('已试算，未许可')
  await rule.getByTestId('action-permit').click()
  await expect.poll(() => rule.getByTestId('rule-state').textContent(), WAIT).toMatch(/已许可至 .*zhang/)
  expect(await violationsOf(page)).toEqual([])
  await rule.getByTestId('action-withdraw').click()
  await expect.poll(() => rule.getByTestId('rule-state').textContent(), WAIT).toBe('许可已撤回')

  // A leak that the service found waits for this person's word.
  const nowMs = Date.now()
  const stored = {
    ...{ id: 'leak', meter: 'A-W', by: 'zhang', atMs: nowMs, permission: null },
    rule: { kind: 'leak' as const, fromHour: 1, toHour: 5, limit: 0.2, nights: 2 },
    trial: { hours: 216, hoursUnknown: 0, count: 0, saved: 0, by: 'zhang', atMs: nowMs, fromMs: startMs, toMs: nowMs },
  }
  const order = {
    ...{ when: 'leakFound' as const, name: 'valveClose', arguments: { meter: 'A-W' }, id: 'leakFound.x', atMs: nowMs },
    ...{ untilMs: nowMs + DAY_MS, state: 'proposed' as const, by: null, byPermission: false, attempt: 0 },
    ...{ commandUntilMs: null, mayHaveActed: false, reason: null, changedMs: nowMs },
  }
  await platform.state.put([
    { key: controlKeys.rule('A-W', 'leak'), value: stored },
    { key: controlKeys.watch('A-W', 'leak'), value: { ...newWatch(nowMs), isOn: true, changedMs: nowMs } },
    { key: controlKeys.orders('A-W', 'leak'), value: { orders: [order] } },
  ])
  await page.setViewportSize({ width: 390, height: 844 })
  await page.reload()
  const proposals = page.getByTestId('control-proposals')
  await expect.poll(() => proposals.textContent(), WAIT).toContain('关闭阀门 A-W')
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  expect(await violationsOf(page)).toEqual([])
  await proposals.getByTestId('action-decline').click()
  await expect.poll(() => page.getByTestId('rule-leak').textContent(), WAIT).toContain('已拒绝')
  await expect.poll(() => proposals.textContent(), WAIT).toContain('没有等待确认的控制')

  // Who may only look tries, and finds nothing to press.
  const reader = await opened('lu', [{ role: 'auditor', areas: ['130000'] }], 'own')
  await reader.goto(view)
  await reader.getByTestId('rule-leak').waitFor()
  expect(await reader.getByTestId('admin-form').count()).toBe(0)
  expect(await reader.getByTestId('control-rules').textContent()).toContain('需要“控制设备”权限')
})

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as { axe: { run(options: object): Promise<AxeFound> } }
    const { violations } = await inPage.run({ resultTypes: ['violations'] })
    return violations.filter(({ impact }) => impact !== 'minor').map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
}
interface AxeFound {
  violations: { id: string; impact: string; nodes: { html: string }[] }[]
}

test('the log is read by the audit administrator, and a person changes the own password', async () => {
  const page = await opened('wei', [{ role: 'audit' }], 'audit')
  await expect.poll(() => page.getByTestId('audit').textContent(), WAIT).toContain('account.add')
  await page.getByTestId('denials').waitFor()
  await page.goto(`${host.httpUrl}/#/administration?view=own`)
  const change = async (current: string) => {
    await page.getByTestId('own-current').fill(current)
    await page.getByTestId('own-password').fill('another-long-secret')
    await page.getByTestId('own-again').fill('another-long-secret')
    await page.getByTestId('action-password').click()
  }
  await change('it is not this one')
  await expect.poll(() => page.getByTestId('password-card').textContent(), WAIT).toContain('密码不正确')
  await change(PERSON_PASSWORD)
  await expect.poll(() => page.getByTestId('password-card').textContent(), WAIT).toContain('密码已修改')
  const attempt = { id: 'wei', address: '127.0.0.1' }
  expect(await host.platform.accounts.signIn({ ...attempt, password: PERSON_PASSWORD })).toEqual({ wrong: true })
})

test('by keyboard alone a recipient is registered and tested', async () => {
  const page = await opened('chen', SYSTEM, 'channels')
  const field = async (id: string, typed: string): Promise<void> => {
    await tabTo(page, page.getByTestId(id))
    await page.keyboard.type(typed)
  }
  await field('recipient-id', 'wang')
  await field('recipient-recipient', '王')
  await field('recipient-to', 'wang@example.cn')
  await tabTo(page, page.getByTestId('action-recipient'))
  await page.keyboard.press('Enter')
  await expect.poll(() => page.getByTestId('channels').textContent(), WAIT).toContain('wang@example.cn')
  await tabTo(page, page.getByTestId('test-wang'))
  await page.keyboard.press('Enter')
  await expect.poll(() => page.getByTestId('test-outcome').textContent(), WAIT).toContain('wang@example.cn')
})
