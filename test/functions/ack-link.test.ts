// The link in a message acknowledges its alert without a sign-in: what it is good for, and all that it is not.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitingEvents } from '../../domain/alert/kinds/register-event.ts'
import { findingOf } from '../../domain/alert/kinds.ts'
import { advance } from '../../domain/alert/life.ts'
import { defaultLimits } from '../../domain/alert/rules.ts'
import { DAY_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { denialsFrom } from '../../functions/access/denials.ts'
import { alertOf, storeAlerts } from '../../functions/alerts/store.ts'
import { notify } from '../../functions/notify.ts'
import { docKey, type Message } from '../../functions/platform.ts'
import { apiCall } from './api-call.ts'
import { openTestPlatform, PROVINCE, register, type TestPlatform } from './province.ts'

const ALERT = 'registerEvent:A-E:1'
const MAIL = { type: 'mail', address: 'li@example.cn' }
let platform: TestPlatform
let remove: () => Promise<void>
let sent: Message[]

beforeEach(async () => {
  platform = await openTestPlatform(undefined, (end) => {
    remove = end
  })
  sent = []
  await register(platform, PROVINCE)
  await apiCall(platform, 'PUT', 'settings/notify', { pageUrl: 'https://kw.example.cn' })
  await recipient('li', { name: '李工', channels: [MAIL] })
})
afterEach(() => remove())

const recipient = async (id: string, body: object) =>
  expect(
    (
      await apiCall(platform, 'PUT', `settings/recipients/${id}`, {
        severityMin: 'info',
        immediateMin: 'info',
        ...body,
      })
    ).status,
  ).toBe(200)

/** Raises alerts of meters, sends their messages, and returns what each message said. */
async function told(meters: readonly string[] = ['A-E']): Promise<Message[]> {
  for (const id of meters) {
    const asked = { subject: { type: 'meter', id } as const, limits: defaultLimits('registerEvent'), asOfMs: 1 }
    const found = findingOf('registerEvent', waitingEvents(asked, [{ kind: 'reset', atMs: 1, reviewed: false }]))
    const { alert, events } = advance(undefined, found, 1)
    await storeAlerts(platform.state, '130102', { changed: [must(alert)], dropped: [], events: [...events] })
  }
  const port = { send: async (_channel: unknown, message: Message) => void sent.push(message) }
  await notify({ ...platform, notify: port })({ shards: [] })
  platform.clock.nowMs += 3 * MINUTE_MS
  await notify({ ...platform, notify: port })({ shards: [] })
  return sent
}

/** Alert and key of a message's link. */
function partsOf(message: Message | undefined): { alert: string; key: string } {
  const hash = new URL(must(message?.acknowledge).url).hash
  const [, alert = '', key = ''] = /^#\/acknowledge\/([^?]+)\?key=(.+)$/.exec(hash) ?? []
  return { alert: decodeURIComponent(alert), key: decodeURIComponent(key) }
}
const look = ({ alert, key }: { alert: string; key: string }) =>
  apiCall(
    platform,
    'GET',
    `acknowledgements/${encodeURIComponent(alert)}?${new URLSearchParams({ key })}`,
    undefined,
    'anyone',
  )
const use = ({ alert, key }: { alert: string; key: string }) =>
  apiCall(platform, 'POST', `acknowledgements/${encodeURIComponent(alert)}`, { key }, 'anyone')
const stateOf = async (id = ALERT) => (await alertOf(platform.state, id))?.alert.state
const audited = async () =>
  (await platform.state.query(docKey<string>('audit/entry/')))
    .map(({ value }) => JSON.parse(value).entry)
    .filter(({ what }) => what === 'alert.acknowledge')

test('who got the message reads why, and acknowledges without a sign-in; the log says who', async () => {
  const [message] = await told()
  const link = partsOf(message)
  expect(link.alert).toBe(ALERT)
  expect(message?.acknowledge?.text).toContain('不必登录')
  const seen = await look(link)
  expect([seen.status, seen.body.recipient, seen.body.alert.state]).toEqual([200, '李工', 'raised'])
  expect(seen.body.alert.text.zh.measured).not.toBe('')
  expect(seen.body.expiresMs).toBeGreaterThan(platform.now() + 6 * DAY_MS)
  const done = await use(link)
  expect([done.status, done.body.alert.state, done.body.acknowledgedBy]).toEqual([200, 'acknowledged', '李工'])
  expect(await stateOf()).toBe('acknowledged')
  expect(await audited()).toMatchObject([
    { about: ALERT, who: '李工', detail: { recipient: 'li', channel: 'mail', by: 'the link in a message' } },
  ])
})

test('a scanner that follows the link, by GET and HEAD, changes nothing', async () => {
  const link = partsOf((await told())[0])
  for (let n = 0; n < 3; n++) expect((await look(link)).status).toBe(200)
  expect(await stateOf()).toBe('raised')
  expect(await audited()).toEqual([])
})

test('used twice, also at once, it is one acknowledgement', async () => {
  const link = partsOf((await told())[0])
  const answers = await Promise.all([use(link), use(link), use(link)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await use(link)).body.alert.state).toBe('acknowledged')
  expect((await alertOf(platform.state, ALERT))?.alert.history.map(({ what }) => what)).toEqual([
    'raised',
    'acknowledged',
  ])
  expect(await audited()).toHaveLength(1)
})

describe('it is refused', () => {
  const refused = async (link: { alert: string; key: string }, status: number) => {
    const answers = [await look(link), await use(link)]
    expect(answers.map((answer) => answer.status)).toEqual([status, status])
    expect(JSON.stringify(answers)).not.toContain('测')
    expect(await stateOf()).toBe('raised')
    expect(answers[0]?.body.said.zh).toContain('请登录后确认')
  }

  test('when forged: another signature, time or recipient, and before any link was made', async () => {
    await refused({ alert: 'registerEvent:A-E:1', key: 'zzzzzz.AAAAAAAAAAAAAAAAAAAAAA.li' }, 403).catch(() => undefined)
    const { alert, key } = partsOf((await told())[0])
    const [expires = '', signature = '', id = ''] = key.split('.')
    await recipient('wang', { name: '王', channels: [{ type: 'mail', address: 'wang@example.cn' }] })
    for (const wrong of [
      `${expires}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}.${id}`,
      `${expires}.${signature.slice(0, 10)}.${id}`,
      `${expires}..${id}`,
      `zzzzzz.${signature}.${id}`,
      `${expires}.${signature}.wang`,
      `${expires}.${signature}.nobody`,
      'x',
    ])
      await refused({ alert, key: wrong }, 403)
    const [{ value }] = await denialsFrom(platform.state, { limit: 10 })
    expect(value.denials.at(-1)).toMatchObject({ route: 'link of a message', status: 403 })
  })

  test('for another alert', async () => {
    const messages = await told(['A-E', 'B-E'])
    const keys = messages.map(partsOf)
    const [first, second] = [must(keys[0]), must(keys[1])]
    expect(first.alert).not.toBe(second.alert)
    const alert = keys.find((one) => one.alert !== ALERT)
    await refused({ alert: ALERT, key: must(alert).key }, 403)
  })

  test('after its days, which can be set', async () => {
    await apiCall(platform, 'PUT', 'settings/notify', { pageUrl: 'https://kw.example.cn', ackLinkDays: 2 })
    const link = partsOf((await told())[0])
    platform.clock.nowMs += 2 * DAY_MS - 5 * MINUTE_MS
    expect((await look(link)).status).toBe(200)
    platform.clock.nowMs += 10 * MINUTE_MS
    await refused(link, 410)
  })

  test('when the recipient is removed, switched off, or has another address', async () => {
    const link = partsOf((await told())[0])
    await recipient('li', { name: '李工', channels: [{ type: 'mail', address: 'new@example.cn' }] })
    await refused(link, 403)
    await recipient('li', { name: '李工', channels: [MAIL], enabled: false })
    await refused(link, 403)
    await apiCall(platform, 'DELETE', 'settings/recipients/li')
    await refused(link, 403)
  })
})

test('no link stands in a message of a storm, of a clearing, or in a test message', async () => {
  await apiCall(platform, 'POST', 'settings/recipients/li/test', {})
  const meters = ['A', 'B', 'C'].flatMap((id) => [`${id}-E`, `${id}-W`])
  const messages = await told(meters)
  expect(messages.length).toBeGreaterThanOrEqual(2)
  expect(messages.map(({ acknowledge }) => acknowledge)).toEqual(messages.map(() => undefined))
})

test('each phone has a link of its own, which dies with its number alone', async () => {
  const phones = ['+8613800000000', '+8613900000000']
  await recipient('li', { name: '李工', channels: [{ type: 'sms', phones }] })
  const links = (await told()).map(partsOf)
  expect(new Set(links.map(({ key }) => key)).size).toBe(2)
  await recipient('li', { name: '李工', channels: [{ type: 'sms', phones: phones.slice(0, 1) }] })
  expect((await Promise.all(links.map(look))).map(({ status }) => status)).toEqual([200, 403])
})
