// From alert events to people, over real stores and real servers: told once, tried again, given up, and one that hangs
// holds up nobody else.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlertKind } from '../../domain/alert/kinds.ts'
import { type Alert, type AlertEvent, advance } from '../../domain/alert/life.ts'
import type { Notification } from '../../domain/notify/plan.ts'
import { type Channel, type Recipient, recipientSchema } from '../../domain/notify/setting.ts'
import { alertKeys, currentAlerts, storeAlerts, thresholdsOf } from '../../functions/alerts/store.ts'
import { ATTEMPTS_MAX, notify, SENDS_PER_ROUND } from '../../functions/notify.ts'
import type { Notifier, StateStore } from '../../functions/platform.ts'
import { registryKeys } from '../../functions/registry/reader.ts'
import { enqueue, type NotificationRecord, notificationKeys, notifySettingOf } from '../../functions/telling/outbox.ts'
import { schedules } from '../../functions/triggers.ts'
import { localNotifier } from '../../local/notify.ts'
import { type LocalPlatform, openPlatform } from '../../local/platform.ts'
import { asked, DAY, judged, MINUTE, NOW } from '../domain/alert/asked.ts'
import { type HttpPeer, httpPeer, mailPeer } from '../local/notify-peers.ts'

const TIMEOUT_MS = 2_000
let folder: string
let platform: LocalPlatform
let clock: number
const open: { close(): Promise<void> }[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kilowatch-notify-'))
  clock = NOW
  platform = await openPlatform(folder, () => clock)
})
afterEach(async () => {
  for (const peer of open.splice(0)) await peer.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const state = (): StateStore => platform.state
function round(notifier?: Notifier): Promise<unknown> {
  const setting = () => notifySettingOf(state())
  const real = localNotifier({ setting, now: () => clock, timeoutMs: TIMEOUT_MS })
  return notify({ ...platform, notify: notifier ?? real })({ shards: [] })
}
async function person(id: string, channels: Channel[], set: Partial<Recipient> = {}): Promise<void> {
  const value = recipientSchema.parse({ id, name: id, channels, ...set })
  await state().put([{ key: notificationKeys.recipient(id), value }])
}
async function webhookOf(answer: () => number | undefined): Promise<HttpPeer & { channel: Channel }> {
  const peer = await httpPeer(() => {
    const status = answer()
    return status === undefined ? undefined : { status }
  })
  open.push(peer)
  return { ...peer, channel: { type: 'webhook', url: peer.url, secret: 's' } }
}
const note = (id: string, recipient = 'li'): Notification => ({
  id,
  recipient,
  channel: 0,
  language: 'zh',
  title: id,
  lines: [],
  link: 'https://x.cn/',
  createdMs: clock,
})
const recordOf = async (id: string) => (await state().get<NotificationRecord>(notificationKeys.record(id)))?.value
const waiting = async () => (await state().query(notificationKeys.pending(''))).length

describe('delivery', () => {
  test('sends once, however often it is written or looked at', async () => {
    const peer = await webhookOf(() => 200)
    await person('li', [peer.channel])
    await enqueue(state(), [note('a'), note('a')])
    await round()
    await enqueue(state(), [note('a')])
    await round()
    expect(peer.heard).toHaveLength(1)
    expect(await recordOf('a')).toMatchObject({ state: 'sent', attempts: 1, doneMs: NOW, error: null })
    expect(await waiting()).toBe(0)
  })

  test('two senders at once: one sends', async () => {
    const peer = await webhookOf(() => 200)
    await person('li', [peer.channel])
    await enqueue(state(), [note('a')])
    await Promise.all([round(), round()])
    expect(peer.heard).toHaveLength(1)
  })

  test('tries again, each time after twice as long', async () => {
    let status = 503
    const peer = await webhookOf(() => status)
    await person('li', [peer.channel])
    await enqueue(state(), [note('a')])
    const tried: number[] = []
    for (let minute = 0; minute <= 16; minute++) {
      clock = NOW + minute * MINUTE
      if (minute === 15) status = 200
      await round()
      if (peer.heard.length > tried.length) tried.push(minute)
    }
    expect(tried).toEqual([0, 1, 3, 7, 15])
    expect(await recordOf('a')).toMatchObject({ state: 'sent', attempts: 5 })
    expect(new Set(peer.heard.map(({ headers }) => headers['x-kilowatch-id']))).toEqual(new Set(['a']))
  })

  test('gives up after so many tries, and keeps why', async () => {
    const peer = await webhookOf(() => 500)
    await person('li', [peer.channel])
    await enqueue(state(), [note('a')])
    for (let hour = 0; hour < ATTEMPTS_MAX + 3; hour++) {
      clock = NOW + hour * 60 * MINUTE
      await round()
    }
    expect(peer.heard).toHaveLength(ATTEMPTS_MAX)
    expect(await recordOf('a')).toMatchObject({ state: 'failed', error: expect.stringContaining('HTTP 500') })
    expect(await waiting()).toBe(0)
  })

  test('does not try again what cannot help, nor what is for nobody', async () => {
    const peer = await webhookOf(() => 404)
    await person('li', [peer.channel])
    await enqueue(state(), [note('a'), note('b', 'gone')])
    await round()
    clock += DAY
    await round()
    expect(peer.heard).toHaveLength(1)
    expect((await recordOf('a'))?.state).toBe('failed')
    expect(await recordOf('b')).toMatchObject({ state: 'failed', error: 'the recipient or the channel is gone' })
  })

  test('a server that hangs does not hold up the others', async () => {
    const hanging = await webhookOf(() => undefined)
    const well = await webhookOf(() => 200)
    await person('li', [hanging.channel])
    await person('wang', [well.channel])
    await enqueue(state(), [
      ...Array.from({ length: 5 }, (_, index) => note(`h${index}`)),
      ...Array.from({ length: 5 }, (_, index) => note(`w${index}`, 'wang')),
    ])
    await round()
    expect(well.heard).toHaveLength(5)
    expect(hanging.heard).toHaveLength(1)
    expect(await waiting()).toBe(5)
  })

  test('a robot is not sent more than it takes in a minute', async () => {
    const peer = await webhookOf(() => 200)
    await person('li', [peer.channel])
    await enqueue(
      state(),
      Array.from({ length: 30 }, (_, index) => note(`n${index}`)),
    )
    await round()
    expect(peer.heard).toHaveLength(SENDS_PER_ROUND)
    clock += MINUTE
    await round()
    expect(peer.heard).toHaveLength(30)
  })

  test('a sender that was killed while sending is followed by another', async () => {
    const peer = await webhookOf(() => 200)
    await person('li', [peer.channel])
    await enqueue(state(), [note('a')])
    let started = (): void => undefined
    const killed = new Promise<void>((resolve) => (started = resolve))
    void round({
      send: () => {
        started()
        return new Promise(() => undefined)
      },
    })
    await killed
    await round()
    expect(peer.heard).toHaveLength(0)
    clock += MINUTE
    await round()
    expect(peer.heard).toHaveLength(1)
  })
})

describe('from alerts to people', () => {
  const areas = [
    { code: '130000', name: '河北省', nameEn: 'Hebei', level: 'province' },
    { code: '130100', name: '石家庄市', nameEn: 'Shijiazhuang', level: 'city', parent: '130000' },
    { code: '130102', name: '长安区', nameEn: "Chang'an", level: 'county', parent: '130100' },
  ]
  async function register(count: number): Promise<void> {
    const docs = Array.from({ length: count }, (_, n) => [
      {
        key: registryKeys.gateway(`G${n}`),
        value: { gateway: { id: `G${n}`, institution: `I${n}` }, shard: '130102', meters: {} },
      },
      { key: registryKeys.institutionPlace(`I${n}`), value: '130102' },
      { key: registryKeys.institution('130102', `I${n}`), value: { id: `I${n}`, name: `第${n}中学`, area: '130102' } },
    ])
    await state().put([{ key: registryKeys.areas, value: areas }, ...docs.flat()])
    await state().put([{ key: notificationKeys.setting, value: { pageUrl: 'https://kw.example.cn' } }])
  }
  const offline = (n: number): Alert => {
    const kind: AlertKind = 'gatewayOffline'
    const subject = { type: 'gateway' as const, id: `G${n}` }
    const facts = { lastMs: NOW - 90 * MINUTE, minutes: 90, everyMinutes: 15 }
    const found = judged<AlertKind>(kind, { ...asked(kind), subject }, { value: 6, facts })
    return advance(undefined, found, NOW).alert as Alert
  }
  const store = (alerts: Alert[]) =>
    storeAlerts(state(), '130102', { changed: alerts, dropped: [], events: alerts.flatMap(({ history }) => history) })

  test('one gateway: a mail that says what, where, how much and against what', async () => {
    const mail = await mailPeer()
    open.push(mail)
    await register(1)
    const value = { pageUrl: 'https://kw.example.cn', smtpUrl: mail.smtpUrl, mailFrom: 'kw@example.cn' }
    await state().put([{ key: notificationKeys.setting, value }])
    await person('li', [{ type: 'mail', address: 'li@example.cn' }])
    await store([offline(0)])
    await round()
    expect(mail.mails).toEqual([])
    clock += schedules.telling.everyMinutes * MINUTE
    await round()
    expect(mail.mails).toHaveLength(1)
    const text = Buffer.from(mail.mails[0].raw.split('\r\n\r\n')[1], 'base64').toString('utf8')
    expect(text).toContain('对象：河北省石家庄市长安区 · 第0中学 · 网关 G0')
    expect(text).toContain('情况：已 90 分钟无数据，最后一次 2026-11-23 08:30')
    expect(text).toContain('对照：限值 60 分钟（每 15 分钟一次）')
    expect(text).toContain(`https://kw.example.cn/#/alert/${encodeURIComponent(offline(0).id)}`)
  })

  test('1,000 gateways: a handful of messages, and no event is left', async () => {
    const peer = await webhookOf(() => 200)
    await register(1000)
    await person('li', [peer.channel], { language: 'en' })
    await store(Array.from({ length: 1000 }, (_, n) => offline(n)))
    clock += schedules.telling.everyMinutes * MINUTE
    await round()
    expect(peer.heard).toHaveLength(1)
    expect(JSON.parse(peer.heard[0].body).title).toBe("[Major] Gateway offline ×1000: Chang'an, Shijiazhuang, Hebei")
    expect(await state().query(alertKeys.event())).toEqual([])
  })

  test('of two phones the one that failed is told again, and the other is not', async () => {
    const gateway = await httpPeer(({ body }) => ({ status: body.includes('"+8613900000000"') ? 503 : 200 }))
    open.push(gateway)
    const smsGateway = { url: gateway.url, body: '{"to":"{phone}","text":"{text}"}' }
    await register(1)
    await state().put([{ key: notificationKeys.setting, value: { pageUrl: 'https://x.cn/', smsGateway } }])
    await person('li', [{ type: 'sms', phones: ['+8613800000000', '+8613900000000'] }])
    await store([offline(0)])
    clock = NOW + schedules.telling.everyMinutes * MINUTE
    for (let minute = 0; minute < 2; minute++, clock += MINUTE) await round()
    const told = gateway.heard.map(({ body }) => JSON.parse(body).to)
    expect(told).toEqual(['+8613800000000', '+8613900000000', '+8613900000000'])
  })

  test('planning that was killed halfway is done again and tells nothing twice', async () => {
    const peer = await webhookOf(() => 200)
    await register(1)
    await person('li', [peer.channel])
    await store([offline(0)])
    clock += schedules.telling.everyMinutes * MINUTE
    const killed: StateStore = { ...state(), delete: () => Promise.reject(new Error('killed')) }
    await expect(notify({ ...platform, state: killed })({ shards: [] })).rejects.toThrow('killed')
    await state().delete([notificationKeys.storms])
    await round()
    await round()
    expect(peer.heard).toHaveLength(1)
  })

  test('a document that cannot be told is named and forgotten, and the others are told', async () => {
    const peer = await webhookOf(() => 200)
    await register(1)
    await person('li', [peer.channel])
    await store([offline(0)])
    const [{ value: whole }] = await state().query<AlertEvent>(alertKeys.event())
    const unknown = { ...whole, kind: 'ofAnotherVersion', finding: { ...whole.finding, kind: 'ofAnotherVersion' } }
    const broken: [key: string, value: unknown][] = [
      [`${alertKeys.event()}000`, unknown],
      [`${alertKeys.event()}001`, null],
      [`${alertKeys.event()}002`, { ...whole, subject: undefined }],
      [`${alertKeys.event()}003`, { ...whole, atMs: 'soon' }],
      [notificationKeys.held('x'), { id: 'x' }],
    ]
    await state().put(broken.map(([key, value]) => ({ key, value })))
    clock += schedules.telling.everyMinutes * MINUTE
    const reason = `cannot be told and is forgotten: ${broken.map(([key]) => key).join(', ')}`
    expect(await round()).toEqual({ failed: [{ shard: '', reason }] })
    expect(await round()).toEqual({ failed: [] })
    expect(peer.heard).toHaveLength(1)
    expect(await state().query(alertKeys.event())).toEqual([])
  })

  test('what is held for the digest is told in the morning', async () => {
    const peer = await webhookOf(() => 200)
    await register(2)
    await person('li', [peer.channel], { immediateMin: 'critical' })
    await store([offline(0), offline(1)])
    clock += schedules.telling.everyMinutes * MINUTE
    await round()
    expect(peer.heard).toEqual([])
    clock = NOW + DAY
    await round()
    await round()
    expect(peer.heard.map(({ body }) => JSON.parse(body).lines.length)).toEqual([2])
    expect(await state().query(notificationKeys.held(''))).toEqual([])
  })

  test('alerts stand by shard, and cleared ones are history', async () => {
    const alert = offline(0)
    await store([alert])
    expect(await currentAlerts(state(), '130102')).toEqual([alert])
    expect(await currentAlerts(state(), '130104')).toEqual([])
    const cleared = advance(alert, { ...alert.finding, value: 0 }, NOW + DAY)
    await storeAlerts(state(), '130102', {
      changed: [cleared.alert as Alert],
      dropped: [],
      events: [...cleared.events],
    })
    expect(await currentAlerts(state(), '130102')).toEqual([])
    expect(await state().query(alertKeys.closed('130102'))).toMatchObject([
      { value: { id: alert.id, state: 'cleared' } },
    ])
    expect((await state().get(alertKeys.place(alert.id)))?.value).toEqual({
      shard: '130102',
      closed: true,
      closedMs: NOW + DAY,
    })
  })

  test('thresholds that users set are read for a chain of subjects', async () => {
    const threshold = { subject: '130102', kind: 'gatewayOffline', enabled: false }
    await state().put([{ key: alertKeys.thresholds('130102'), value: [threshold, { kind: 'of an older version' }] }])
    expect(await thresholdsOf(state(), ['G0', '130102'])).toEqual([threshold])
  })
})
