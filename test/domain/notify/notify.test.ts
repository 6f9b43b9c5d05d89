// Who is told what and when: languages, areas, severities, quiet hours, digest, escalation; and how it reads.

import { describe, expect, test } from 'vitest'
import type { AlertSubject } from '../../../domain/alert/finding.ts'
import type { AlertKind } from '../../../domain/alert/kinds.ts'
import { type Alert, type AlertEvent, acknowledge, advance, escalate } from '../../../domain/alert/life.ts'
import { group } from '../../../domain/alert/storm.ts'
import { isQuiet, planNotifications, releaseHeld } from '../../../domain/notify/plan.ts'
import { channelSchema, isSafeUrl, type Recipient, recipientSchema } from '../../../domain/notify/setting.ts'
import type { Directory } from '../../../domain/notify/text.ts'
import { asked, DAY, HOUR, judged, MINUTE, NOW } from '../alert/asked.ts'

const directory: Directory = {
  pageUrl: 'https://kilowatch.example.cn/',
  gatewayOf: () => undefined,
  isOffline: () => false,
  institutionOf: ({ type, id }) => (type === 'area' ? undefined : id.split('/')[0]),
  areasOf: ({ id }) => [id.slice(0, 6), '130100', '130000'],
  nameOf: ({ id }) => ({ zh: `长安区 · ${id}`, en: `${id}, Chang'an` }),
}
const person = (set: Partial<Recipient> = {}): Recipient =>
  recipientSchema.parse({ id: 'li', name: '李工', channels: [{ type: 'mail', address: 'li@example.cn' }], ...set })

const leak = { flowM3PerHour: 0.52, baselineM3PerHour: 0.02, limitM3PerHour: 0.1, nights: 3 }
const quota = {
  indicator: 'waterPerCapita' as const,
  unit: 'm³/person',
  amount: 31,
  constraint: 25,
  standard: 'DB37/T 4452-2021',
  standIn: true,
  over: 1,
}
const now = { raiseAfterMinutes: 0, clearAfterMinutes: 0 }
function alertOf(kind: AlertKind = 'nightFlowLeak', id = '130102-0007', atMs = NOW): Alert {
  const subject: AlertSubject = { type: kind === 'quotaExceeded' ? 'institution' : 'meter', id }
  const facts = kind === 'quotaExceeded' ? quota : kind === 'meterSilent' ? silent : leak
  const found = judged<AlertKind>(kind, { ...asked(kind, id, now), subject }, { value: 520, facts })
  return advance(undefined, found, atMs).alert as Alert
}
const silent = { lastMs: NOW, minutes: 300, everyMinutes: 15 }
const eventOf = (alert: Alert): AlertEvent => alert.history[alert.history.length - 1]
const plan = (events: AlertEvent[], people: Recipient[], atMs = NOW) =>
  planNotifications(group(events, [], directory, atMs).groups, people, directory, atMs)

describe('how it reads', () => {
  test('both languages in one message, for whoever reads either; digests too', () => {
    const chinese = plan([eventOf(alertOf())], [person()]).notifications[0]
    const english = plan([eventOf(alertOf())], [person({ language: 'en' })]).notifications[0]
    const both = plan([eventOf(alertOf())], [person({ language: 'both' })]).notifications[0]
    expect(both).toMatchObject({ title: chinese.title, link: chinese.link })
    expect(both.lines).toEqual([...chinese.lines, english.title, ...english.lines])
    const reader = person({ language: 'both', immediateMin: 'critical' })
    const { held } = plan([eventOf(alertOf())], [reader])
    expect(held[0].line).toMatch(/夜间流量异常.* \/ .*Night flow: probable leak/)
    const [digest] = releaseHeld(held, [reader], directory, NOW + DAY).notifications
    expect(digest.title).toBe('用能告警摘要：1 条 / Energy alerts, summary: 1')
  })

  test('Chinese: what, where, how much, against which value and clause, when, and the page', () => {
    const { notifications } = plan([eventOf(alertOf())], [person()])
    expect(notifications).toMatchObject([
      {
        recipient: 'li',
        channel: 0,
        title: '【重要】夜间流量异常（疑似漏水）：长安区 · 130102-0007',
        lines: [
          '对象：长安区 · 130102-0007',
          '情况：连续 3 夜最小流量 0.52 m³/h',
          '对照：限值 0.1 m³/h（此前夜间基线 0.02 m³/h）',
          '依据：本系统运行规则（可按对象设定阈值）',
          '时间：2026-11-23 10:00',
        ],
        link: expect.stringMatching(/^https:\/\/kilowatch\.example\.cn\/#\/alert\/nightFlowLeak%3A130102-0007%3A\d+$/),
      },
    ])
  })

  test('English, with the clause of the quota', () => {
    const { notifications } = plan([eventOf(alertOf('quotaExceeded'))], [person({ language: 'en' })])
    expect(notifications[0].title).toBe("[Critical] Quota exceeded: 130102-0007, Chang'an")
    expect(notifications[0].lines).toEqual([
      "Where: 130102-0007, Chang'an",
      'Measured: water per person, last 12 months: 31 m³/person',
      'Against: constraint value 25 m³/person (DB37/T 4452-2021) (a stand-in, not officially issued), 520% of it',
      expect.stringMatching(/^Clause: Hebei rules on energy saving.*rectification notice follow$/),
      'When: 2026-11-23 10:00',
    ])
  })

  test('a storm names some and counts all, and leads to the list of its alerts', () => {
    const events = Array.from({ length: 40 }, (_, index) => eventOf(alertOf('nightFlowLeak', `130102-${index}`)))
    const { notifications } = plan(events, [person()])
    expect(notifications).toHaveLength(1)
    expect(notifications[0].title).toMatch(/^【重要】夜间流量异常（疑似漏水） ×40：/)
    expect(notifications[0].lines[1]).toMatch(/^情况：共 40 个：长安区 · 130102-0、.*130102-9等$/)
    expect(notifications[0].link).toBe('https://kilowatch.example.cn/#/alerts?area=130102&kind=nightFlowLeak')
  })
})

describe('who is told', () => {
  const event = eventOf(alertOf())
  const rows: { name: string; set: Partial<Recipient>; told: number }[] = [
    { name: 'everybody by default', set: {}, told: 1 },
    {
      name: 'on each channel',
      set: { channels: [...person().channels, { type: 'wecom', url: 'https://x.cn/' }] },
      told: 2,
    },
    { name: 'their county', set: { areas: ['130102'] }, told: 1 },
    { name: 'their province', set: { areas: ['130000'] }, told: 1 },
    { name: 'their institution', set: { areas: ['130102-0007'] }, told: 1 },
    { name: 'not another county', set: { areas: ['130104'] }, told: 0 },
    { name: 'their kinds', set: { kinds: ['nightFlowLeak'] }, told: 1 },
    { name: 'not other kinds', set: { kinds: ['gatewayOffline'] }, told: 0 },
    { name: 'not below their severity', set: { severityMin: 'critical' }, told: 0 },
    { name: 'not when switched off', set: { enabled: false }, told: 0 },
    { name: 'not the next level at once', set: { escalationLevel: 1 }, told: 0 },
  ]
  test.each(rows)('$name', ({ set, told }) => expect(plan([event], [person(set)]).notifications).toHaveLength(told))

  test('of a storm, the part in their area', () => {
    const events = ['130102', '130104'].flatMap((county) =>
      Array.from({ length: 4 }, (_, index) => eventOf(alertOf('nightFlowLeak', `${county}-${index}`))),
    )
    const { notifications } = plan(events, [person(), person({ id: 'wang', areas: ['130104'] })])
    expect(notifications.map(({ recipient, title }) => [recipient, title.match(/×\d+/)?.[0]])).toEqual([
      ['li', '×8'],
      ['wang', '×4'],
    ])
  })

  test('the next level, and the first again, when nobody acknowledges', () => {
    const alert = alertOf()
    const people = [person(), person({ id: 'boss', escalationLevel: 1 }), person({ id: 'chief', escalationLevel: 2 })]
    const { events } = escalate(alert, NOW + 2 * DAY)
    const { notifications } = plan([...events], people, NOW + 2 * DAY)
    expect(notifications.map(({ recipient }) => recipient)).toEqual(['li', 'boss'])
    expect(notifications[0].lines.at(-1)).toBe('状态：至今无人确认，第 1 次提醒')
  })

  test('acknowledging is told to nobody; clearing to whoever wants to know, with its cause', () => {
    const acknowledged = acknowledge(alertOf(), { who: 'li' }, NOW)
    expect(plan([...acknowledged.events], [person()]).notifications).toEqual([])
    const { alert } = acknowledged
    const cleared = advance(alert, { ...alertOf().finding, value: 1 }, NOW + HOUR).events
    const { notifications } = plan([...cleared], [person(), person({ id: 'wang', cleared: false })])
    expect(notifications.map(({ recipient, title }) => [recipient, title.slice(0, 8)])).toEqual([
      ['li', '【重要】已解除 '],
    ])
    expect(notifications[0].lines.at(-1)).toBe('状态：已恢复到解除值以内')
  })

  test('planning twice gives the same ids', () => {
    const ids = [NOW, NOW + MINUTE].map((atMs) => plan([event], [person()], atMs).notifications.map(({ id }) => id))
    expect(ids[0]).toEqual(ids[1])
  })
})

describe('when', () => {
  const night = NOW + 13 * HOUR // 23:00
  const quiet = person({ quietHours: { from: 22, to: 7 } })

  test('quiet hours pass midnight', () => {
    const hours = [21, 22, 0, 6, 7].map((hour) => isQuiet({ from: 22, to: 7 }, Date.UTC(2026, 10, 23, hour - 8)))
    expect(hours).toEqual([false, true, true, true, false])
    expect(isQuiet({ from: 8, to: 8 }, NOW)).toBe(false)
  })

  test('what comes at night is told at seven, all in one', () => {
    const events = [1, 2, 3].map((n) => eventOf(alertOf('nightFlowLeak', `13010${n}-1`, night)))
    const { notifications, held } = plan(events, [quiet], night)
    expect(notifications).toEqual([])
    expect(new Set(held.map(({ dueMs }) => dueMs))).toEqual(new Set([NOW + 21 * HOUR]))
    expect(releaseHeld(held, [quiet], directory, NOW + 20 * HOUR).released).toEqual([])
    const morning = releaseHeld(held, [quiet], directory, NOW + 21 * HOUR)
    expect(morning.released).toHaveLength(3)
    expect(morning.notifications).toMatchObject([{ title: '用能告警摘要：3 条' }])
    expect(morning.notifications[0].lines[0]).toBe(
      '2026-11-23 23:00 【重要】夜间流量异常（疑似漏水）：长安区 · 130101-1：连续 3 夜最小流量 0.52 m³/h；限值 0.1 m³/h（此前夜间基线 0.02 m³/h）',
    )
  })

  test('a critical alert does not wait', () => {
    expect(plan([eventOf(alertOf('quotaExceeded', '130102-1', night))], [quiet], night).notifications).toHaveLength(1)
  })

  test('what is minor waits for the digest at eight', () => {
    const { notifications, held } = plan([eventOf(alertOf('meterSilent'))], [person()])
    expect(notifications).toEqual([])
    expect(held).toMatchObject([{ dueMs: NOW + 22 * HOUR }])
  })

  test('a long digest is cut and says so', () => {
    const held = Array.from({ length: 100 }, (_, index) => ({
      id: `${index}`,
      recipient: 'li',
      dueMs: NOW,
      line: `${index}`,
    }))
    const { notifications } = releaseHeld(held, [person()], directory, NOW)
    expect(notifications[0].lines).toHaveLength(41)
    expect(notifications[0].lines.at(-1)).toBe('……另有 60 条，见页面')
  })

  test('lines of a recipient who is gone are forgotten', () => {
    const held = [{ id: 'a', recipient: 'gone', dueMs: NOW, line: '' }]
    expect(releaseHeld(held, [person()], directory, NOW)).toEqual({ notifications: [], released: held })
  })
})

describe('settings', () => {
  test.each([
    ['https://oapi.dingtalk.com/robot/send?access_token=x', true],
    ['http://127.0.0.1:8080/hook', true],
    ['http://localhost/hook', true],
    ['http://10.0.0.5/hook', false],
    ['http://localhost.evil.cn/', false],
    ['https://user:password@host/', false],
    ['file:///etc/passwd', false],
    ['hook', false],
  ])('%s may be used: %s', (url, safe) => expect(isSafeUrl(url)).toBe(safe))

  test('a channel that is refused names the field', () => {
    const issues = (channel: unknown) =>
      channelSchema.safeParse(channel).error?.issues.map(({ path }) => path.join('.'))
    expect(issues({ type: 'webhook', url: 'https://x.cn/' })).toEqual(['secret'])
    expect(issues({ type: 'mail', address: 'nobody' })).toEqual(['address'])
    expect(issues({ type: 'pigeon' })).toEqual(['type'])
  })
})
