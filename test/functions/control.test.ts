// The whole life of a rule of control through the API and the triggers: tried, permitted, acting, withdrawn; and all
// that must keep it from acting. The gateway is the test: it answers what the service sends.

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import type { RuleOrder } from '../../domain/control/stored-rule.ts'
import { type Recipient, recipientSchema } from '../../domain/notify/setting.ts'
import type { ControlRuleView } from '../../domain/view/control.ts'
import { assess } from '../../functions/assess.ts'
import { control } from '../../functions/control.ts'
import { notify } from '../../functions/notify.ts'
import type { DeviceCommand, Message, Platform } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'
import { verifyAudit } from '../../functions/state/audit.ts'
import { notificationKeys } from '../../functions/telling/outbox.ts'
import { takeResult } from '../../functions/wire/commands.ts'
import { apiCall } from './api-call.ts'
import { meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from './province.ts'

/** Midnight of UTC+8 before NOON_MS. */
const MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS

/** Nine days of hours before MIDNIGHT_MS, a recorder in place of the broker, and a gateway that says `answer`. */
async function opened() {
  const test = await openTestPlatform()
  const sent: DeviceCommand[] = []
  const devices = { ...test.devices, command: async (_: string, command: DeviceCommand) => void sent.push(command) }
  const platform: Platform = { ...test, devices }
  await register(
    platform,
    oneInstitution([
      meter('A-W', 'A', { medium: 'water', unit: 'm³' }),
      meter('A-E', 'A'),
      meter('A-L', 'A', { role: 'sub', parent: 'A-E' }),
    ]),
  )
  /** One amount an hour from `fromMs` on, as registers, and what follows from them. */
  const registers: Record<string, number> = {}
  const use = async (id: string, fromMs: number, amounts: readonly number[]) => {
    let value = registers[id] ?? 0
    const readings = [{ meter: id, at: fromMs, value }]
    amounts.forEach((amount, index) => {
      value += amount
      readings.push({ meter: id, at: fromMs + (index + 1) * HOUR_MS, value })
    })
    registers[id] = value
    await send(platform, 'G-A', readings)
  }
  const derived = async () => {
    for (const step of [settle, assess]) expect(await step(platform)({ shards: [] })).toEqual({ failed: [] })
  }
  const call = async (method: string, path: string, body?: object) => apiCall(platform, method, `meters/${path}`, body)
  const ok = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const { status, body: answer } = await call(method, path, body)
    expect([status, answer]).toEqual([200, answer])
    return answer as T
  }
  const ordersOf = async (id: string): Promise<RuleOrder[]> => {
    const { items } = await ok<{ items: ControlRuleView[] }>('GET', `${id}/control-rules`)
    return items.flatMap(({ orders }) => orders)
  }
  const tick = async () => expect(await control(platform)({ shards: [] })).toEqual({ failed: [] })
  const answer = (command: DeviceCommand, value: object) =>
    takeResult(platform.state, {
      ...{ gateway: 'G-A', receivedMs: platform.now() },
      payload: JSON.stringify({ v: 1, id: command.id, ...value }),
    })
  /** Two turns of the clock with an obedient gateway. */
  const obeyed = async () => {
    await tick()
    const first = sent.at(-1) as DeviceCommand
    expect(await answer(first, { state: 'confirm', token: 'T' })).toBeUndefined()
    test.clock.nowMs += MINUTE_MS
    await tick()
    const second = sent.at(-1) as DeviceCommand
    expect(await answer(second, { state: 'done' })).toBeUndefined()
    test.clock.nowMs += MINUTE_MS
    await tick()
    return { first, second }
  }
  const days = { from: String(MIDNIGHT_MS - 9 * DAY_MS), to: String(MIDNIGHT_MS) }
  const prepare = async (id: string, rule: object) => {
    await ok('PUT', `${id}/control-rules/r1`, { rule })
    await ok('POST', `${id}/control-rules/r1/trial`, days)
  }
  const permit = (id: string) =>
    call('PUT', `${id}/control-rules/r1/permission`, { untilMs: platform.now() + 30 * DAY_MS })
  return { platform, clock: test.clock, sent, use, derived, call, ok, ordersOf, tick, answer, obeyed, prepare, permit }
}

/** Recipients by mail, each with what differs, and what a round of notify sends them. */
async function toldOf(platform: Platform, recipients: Record<string, Partial<Recipient>>) {
  const messages: Message[] = []
  for (const [id, set] of Object.entries(recipients)) {
    const channels = [{ type: 'mail', address: `${id}@example.cn` }]
    const value = recipientSchema.parse({ id, name: id, channels, ...set })
    await platform.state.put([{ key: notificationKeys.recipient(id), value }])
  }
  const notifier = { send: async (_: unknown, message: Message) => void messages.push(message) }
  const round = async () =>
    expect(await notify({ ...platform, notify: notifier })({ shards: [] })).toEqual({ failed: [] })
  return { messages, round }
}
const NIGHT = {
  ...{ kind: 'nightSetBack', fromHour: 22, toHour: 6, savedShare: 0.1 },
  ...{ address: 100, night: 160, day: 200 },
}
const DEMAND = { kind: 'demandLimit', limit: 100, restoreBelow: 80, load: 'A-L' }
const LEAK = { kind: 'leak', fromHour: 1, toHour: 5, limit: 0.2, nights: 2 }
const hours = (count: number, amount: number) => Array.from({ length: count }, () => amount)

test('a permitted set-back is sent in two steps in the name of who permitted it, and is in the audit log', async () => {
  const { platform, clock, sent, use, prepare, permit, tick, obeyed, ordersOf, ok, call } = await opened()
  await use('A-E', MIDNIGHT_MS - 9 * DAY_MS, hours(9 * 24, 5))
  await prepare('A-E', NIGHT)
  await tick()
  clock.nowMs = MIDNIGHT_MS + 22 * HOUR_MS
  await tick()
  // Tried and not permitted: nothing.
  expect(sent).toEqual([])
  clock.nowMs -= HOUR_MS
  expect((await permit('A-E')).status).toBe(200)
  await tick()
  expect(sent).toEqual([])
  clock.nowMs = MIDNIGHT_MS + 22 * HOUR_MS + MINUTE_MS
  const { first, second } = await obeyed()
  expect(first).toMatchObject({
    ...{ name: 'writeRegister', arguments: { meter: 'A-E', address: 100, value: 160 }, by: 'admin, rule r1' },
    expiresMs: MIDNIGHT_MS + 22 * HOUR_MS + 11 * MINUTE_MS,
  })
  expect(first.id).toMatch(/^[\w.:-]{1,48}$/)
  expect(second).toMatchObject({ id: `${first.id}.confirm`, name: 'confirm', arguments: { token: 'T' } })
  expect(await ordersOf('A-E')).toMatchObject([{ when: 'nightBegins', state: 'done', by: 'admin' }])
  // Again and again, all night long: nothing more.
  for (let minute = 0; minute < 5; minute++) await tick()
  expect(sent).toHaveLength(2)
  expect((await call('DELETE', 'A-E/control-rules/r1')).status).toBe(409)
  expect((await call('PUT', 'A-E/control-rules/r1', { rule: { ...NIGHT, night: 150 } })).status).toBe(409)
  clock.nowMs = MIDNIGHT_MS + 30 * HOUR_MS
  await obeyed()
  expect(sent.at(-2)).toMatchObject({ arguments: { value: 200 } })
  await ok('DELETE', 'A-E/control-rules/r1/permission')
  clock.nowMs += DAY_MS
  await tick()
  expect(sent).toHaveLength(4)
  await ok('DELETE', 'A-E/control-rules/r1')
  const log = await platform.state.query('audit/entry/' as never)
  const text = JSON.stringify(log)
  for (const what of ['control.rule', 'control.trial', 'control.permission', 'control.order', 'gateway.command'])
    expect(text).toContain(what)
  expect(text).not.toContain('\\"token\\":\\"T')
  expect(await verifyAudit(platform.state)).toMatchObject({ broken: null })
})

test('a permission needs a trial of this very rule, of a week of known hours', async () => {
  const { use, call, ok, prepare, permit } = await opened()
  expect((await permit('A-E')).status).toBe(404)
  await ok('PUT', 'A-E/control-rules/r1', { rule: NIGHT })
  expect(await permit('A-E')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('not been tried') },
  })
  await use('A-E', MIDNIGHT_MS - 2 * DAY_MS, hours(48, 5))
  await prepare('A-E', NIGHT)
  expect(await permit('A-E')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('knows 48 hours') },
  })
  await use('A-E', MIDNIGHT_MS - 9 * DAY_MS, hours(7 * 24, 0))
  await prepare('A-E', NIGHT)
  // Another content is another rule, which was never tried.
  await ok('PUT', 'A-E/control-rules/r1', { rule: { ...NIGHT, night: 120 } })
  expect((await permit('A-E')).status).toBe(409)
  await prepare('A-E', { ...NIGHT, night: 120 })
  expect((await permit('A-E')).status).toBe(200)
  expect((await call('PUT', 'A-E/control-rules/a%20b', { rule: NIGHT })).status).toBe(422)
})

test('a leak is proposed and closes nothing until a person confirms it; a declined one never does', async () => {
  const { platform, clock, sent, use, derived, prepare, permit, tick, obeyed, ordersOf, ok, call } = await opened()
  const told = await toldOf(platform, {
    li: {},
    night: { quietHours: { from: 0, to: 9 } },
    wang: { areas: ['130200'] },
  })
  await use('A-W', MIDNIGHT_MS - 9 * DAY_MS, hours(9 * 24, 0))
  await prepare('A-W', LEAK)
  expect((await permit('A-W')).status).toBe(409)
  clock.nowMs = MIDNIGHT_MS + 54 * HOUR_MS
  await use('A-W', MIDNIGHT_MS, hours(54, 0.5))
  await derived()
  await tick()
  const [proposed] = await ordersOf('A-W')
  expect(proposed).toMatchObject({ when: 'leakFound', name: 'valveClose', state: 'proposed', by: null })
  // Who is told of alerts of this place is told what, why and until when: once, and after the quiet hours.
  for (let round = 0; round < 3; round++) await told.round()
  expect(told.messages).toMatchObject([
    {
      title: '【控制待确认】关闭 A-W 的阀门：河北省石家庄市长安区 · A 机构 · 表计 A-W',
      lines: [
        '位置：河北省石家庄市长安区 · A 机构 · 表计 A-W',
        '动作：关闭 A-W 的阀门',
        '原因：连续 2 夜 1–5 时每小时用量都不低于 0.2 m³（规则 r1，2026-06-17 05:00）',
        '确认截止：2026-07-17 05:00；确认之前不发送任何指令',
      ],
      link: 'http://localhost:8080/#/institution/A?view=control',
    },
  ])
  clock.nowMs = MIDNIGHT_MS + 57 * HOUR_MS
  await told.round()
  expect(told.messages).toHaveLength(2)
  expect(told.messages[1]?.lines[0]).toContain('关闭 A-W 的阀门')
  clock.nowMs = MIDNIGHT_MS + 55 * HOUR_MS
  await tick()
  expect(sent).toEqual([])
  await ok('POST', `A-W/control-rules/r1/orders/${proposed.id}/confirm`)
  expect((await call('POST', `A-W/control-rules/r1/orders/${proposed.id}/confirm`)).status).toBe(409)
  expect((await call('POST', 'A-W/control-rules/r1/orders/none/confirm')).status).toBe(404)
  expect(sent).toEqual([])
  expect((await obeyed()).first).toMatchObject({
    name: 'valveClose',
    arguments: { meter: 'A-W' },
    by: 'admin, rule r1',
  })
  expect(await ordersOf('A-W')).toMatchObject([{ state: 'done', by: 'admin' }])
})

test('a demand limit sheds the load after the hour that exceeds, and brings it back', async () => {
  const { clock, sent, use, derived, prepare, permit, tick, obeyed, ordersOf } = await opened()
  for (const id of ['A-E', 'A-L']) await use(id, MIDNIGHT_MS - 9 * DAY_MS, hours(9 * 24, 30))
  await prepare('A-E', DEMAND)
  clock.nowMs = MIDNIGHT_MS
  expect((await permit('A-E')).status).toBe(200)
  clock.nowMs = MIDNIGHT_MS + 2 * HOUR_MS + 10 * MINUTE_MS
  await use('A-E', MIDNIGHT_MS, [50, 130])
  await use('A-L', MIDNIGHT_MS, [40, 40])
  await derived()
  expect((await obeyed()).first).toMatchObject({ name: 'relayOff', arguments: { meter: 'A-L' } })
  // The load is off; the rest is above what it may come back at, and then below.
  clock.nowMs = MIDNIGHT_MS + 3 * HOUR_MS + 10 * MINUTE_MS
  await use('A-E', MIDNIGHT_MS + 2 * HOUR_MS, [95])
  await use('A-L', MIDNIGHT_MS + 2 * HOUR_MS, [0])
  await derived()
  await tick()
  expect(sent).toHaveLength(2)
  clock.nowMs = MIDNIGHT_MS + 4 * HOUR_MS + 10 * MINUTE_MS
  await use('A-E', MIDNIGHT_MS + 3 * HOUR_MS, [70])
  await use('A-L', MIDNIGHT_MS + 3 * HOUR_MS, [0])
  await derived()
  expect((await obeyed()).first).toMatchObject({ name: 'relayOn', arguments: { meter: 'A-L' } })
  expect((await ordersOf('A-E')).map(({ state }) => state)).toEqual(['done', 'done'])
})

test('a gateway that refuses ends the order; one that is away is asked again until the night is over', async () => {
  const { clock, sent, use, prepare, permit, tick, answer, ordersOf } = await opened()
  await use('A-E', MIDNIGHT_MS - 9 * DAY_MS, hours(9 * 24, 5))
  await prepare('A-E', NIGHT)
  expect((await permit('A-E')).status).toBe(200)
  clock.nowMs = MIDNIGHT_MS + 22 * HOUR_MS
  await tick()
  await answer(sent[0], { state: 'refused', reason: 'not in the allow-list' })
  await tick()
  expect(await ordersOf('A-E')).toMatchObject([{ state: 'refused', reason: 'not in the allow-list' }])
  clock.nowMs = MIDNIGHT_MS + 30 * HOUR_MS
  await tick()
  // Nothing was begun, so nothing is ended. The next night the gateway is away.
  expect(sent).toHaveLength(1)
  for (let minute = 0; minute <= 8 * 60 + 5; minute++) {
    clock.nowMs = MIDNIGHT_MS + 46 * HOUR_MS + minute * MINUTE_MS
    await tick()
  }
  const tried = sent.slice(1)
  expect(tried.length).toBeGreaterThan(5)
  expect(tried.length).toBeLessThan(20)
  expect(new Set(tried.map(({ id }) => id)).size).toBe(tried.length)
  expect((await ordersOf('A-E'))[0]).toMatchObject({ state: 'failed', mayHaveActed: false })
})

test('what was begun is proposed to be ended when the permission is withdrawn, and a person may take it over', async () => {
  const { clock, sent, use, prepare, permit, tick, obeyed, ordersOf, ok, call } = await opened()
  await use('A-E', MIDNIGHT_MS - 9 * DAY_MS, hours(9 * 24, 5))
  await prepare('A-E', NIGHT)
  expect((await permit('A-E')).status).toBe(200)
  clock.nowMs = MIDNIGHT_MS + 22 * HOUR_MS
  await obeyed()
  clock.nowMs += HOUR_MS
  const view = await ok<ControlRuleView>('DELETE', 'A-E/control-rules/r1/permission')
  expect(view).toMatchObject({
    isPermitted: false,
    hasBegun: true,
    orders: [{ when: 'nightEnds', state: 'proposed' }, {}],
  })
  await tick()
  expect(sent).toHaveLength(2)
  expect((await call('DELETE', 'A-E/control-rules/r1')).status).toBe(409)
  await ok('POST', `A-E/control-rules/r1/orders/${view.orders[0].id}/decline`)
  clock.nowMs = MIDNIGHT_MS + 30 * HOUR_MS
  await tick()
  expect(sent).toHaveLength(2)
  expect((await ordersOf('A-E'))[0]).toMatchObject({ state: 'declined', by: 'admin' })
  await ok('DELETE', 'A-E/control-rules/r1')
})

test('a rule does not act for a person who lost the right to control', async () => {
  const { platform, clock, sent, use, prepare, tick, ordersOf } = await opened()
  await use('A-E', MIDNIGHT_MS - 9 * DAY_MS, hours(9 * 24, 5))
  await prepare('A-E', NIGHT)
  const accounts = platform.accounts
  if (!accounts) throw new Error('one machine has accounts')
  const manager = { id: 'zhang', name: '张三', grants: [{ role: 'manager' as const, institutions: ['A'] }] }
  await accounts.put(manager, 'test')
  const principal = { role: 'user', id: 'zhang', name: '张三 (zhang)', grants: manager.grants }
  const { api } = await import('../../functions/api.ts')
  const path = '/api/v1/meters/A-E/control-rules/r1/permission'
  const put = async (untilMs: number) =>
    (
      (await api(platform)({
        ...{ version: '2.0', rawPath: path, headers: {}, queryStringParameters: {}, isBase64Encoded: false },
        requestContext: { http: { method: 'PUT', path }, authorizer: { lambda: principal } },
        body: JSON.stringify({ untilMs }),
      } as never)) as { statusCode: number }
    ).statusCode
  expect(await put(platform.now() + DAY_MS)).toBe(200)
  await accounts.put({ ...manager, grants: [{ role: 'manager', institutions: ['B'] }] }, 'test')
  clock.nowMs = MIDNIGHT_MS + 22 * HOUR_MS
  await tick()
  expect(sent).toEqual([])
  expect(await ordersOf('A-E')).toMatchObject([
    { state: 'lapsed', reason: expect.stringContaining('no longer has the right') },
  ])
})
