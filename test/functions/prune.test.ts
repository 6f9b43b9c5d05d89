// Refusals are kept for a quarter and up to a number; their counts are not forgotten. Alerts and notifications that are
// over are kept as long as the setting says.

import { describe, expect, test } from 'vitest'
import { type Alert, advance } from '../../domain/alert/life.ts'
import { DAY_MS } from '../../domain/calendar.ts'
import { alertKeys, alertOf, storeAlerts } from '../../functions/alerts/store.ts'
import { notify } from '../../functions/notify.ts'
import { docKey, PermanentFailure, type StateStore } from '../../functions/platform.ts'
import { prune } from '../../functions/prune.ts'
import { REJECTION_DAYS_MAX } from '../../functions/state/documents.ts'
import { enqueue } from '../../functions/telling/outbox.ts'
import { forgetDone, RETENTION_KEY } from '../../functions/telling/retention.ts'
import { rejectionKeys } from '../../functions/wire/rejections.ts'
import { finding } from '../domain/alert/asked.ts'
import { openTestPlatform, type TestPlatform } from './province.ts'

const NOW = Date.UTC(2026, 10, 23)

const recordAt = (receivedMs: number, id: string) => ({
  key: rejectionKeys.record({ gateway: 'G', receivedMs, id, payload: '' }),
  value: {},
})

test.each([
  { name: 'forgets what is older than a quarter', max: 100, left: ['b', 'c', 'd'] },
  { name: 'forgets the oldest beyond the number', max: 2, left: ['c', 'd'] },
])('$name', async ({ max, left }) => {
  const opened = await openTestPlatform()
  const platform = { ...opened, now: () => NOW }
  await platform.state.put([
    recordAt(NOW - (REJECTION_DAYS_MAX + 1) * DAY_MS, 'a'),
    recordAt(NOW - (REJECTION_DAYS_MAX - 1) * DAY_MS, 'b'),
    recordAt(NOW - DAY_MS, 'c'),
    recordAt(NOW, 'd'),
    { key: rejectionKeys.count('G'), value: { notJson: 4 } },
  ])
  await prune(platform, max)({ shards: [] })
  const kept = await platform.state.query(docKey('rejection/'))
  expect(kept.map(({ key }) => key.at(-1))).toEqual(left)
  expect((await platform.state.get(rejectionKeys.count('G')))?.value).toEqual({ notJson: 4 })
  await opened.close()
})

test.each([
  { name: 'the newest reading speaks against', gateways: 0 },
  { name: 'three gateways speak against', gateways: 3 },
])('a clock that runs years ahead forgets nothing early: $name', async ({ gateways }) => {
  const opened = await openTestPlatform()
  const platform = { ...opened, now: () => NOW + 3_000 * DAY_MS }
  const young = recordAt(NOW - DAY_MS, 'young')
  await platform.state.put([recordAt(NOW - (REJECTION_DAYS_MAX + 1) * DAY_MS, 'old'), young])
  await platform.readings.append([{ meter: 'm', atMs: NOW, value: 1, quality: 'good' }], NOW)
  for (let index = 0; index < gateways; index++) platform.hostClock.heard(`G${index}`, NOW)
  await prune(platform)({ shards: [] })
  expect((await platform.state.query(docKey('rejection/'))).map(({ key }) => key)).toEqual([young.key])
})

describe('retention', () => {
  const raisedAt = (id: string, atMs: number): Alert => advance(undefined, finding(11, {}, id), atMs).alert as Alert
  const storeCleared = async (platform: TestPlatform, id: string, atMs: number): Promise<Alert> => {
    const { alert, events } = advance(raisedAt(id, atMs - DAY_MS), finding(3, {}, id), atMs)
    await storeAlerts(platform.state, '130102', { changed: [alert as Alert], dropped: [], events: [...events] })
    return alert as Alert
  }
  const kept = async (platform: TestPlatform, prefix: string) =>
    (await platform.state.query(docKey(prefix))).map(({ key }) => key)

  test('cleared alerts are forgotten after three years, or as set, and open ones never', async () => {
    const opened = await openTestPlatform()
    const platform = { ...opened, now: () => NOW }
    const old = await storeCleared(opened, 'old', NOW - 1_097 * DAY_MS)
    const young = await storeCleared(opened, 'young', NOW - 1_095 * DAY_MS)
    const open = raisedAt('open', NOW - 5_000 * DAY_MS)
    await storeAlerts(opened.state, '130102', { changed: [open], dropped: [], events: [] })
    await prune(platform)({ shards: [] })
    expect(await alertOf(opened.state, old.id)).toBeUndefined()
    expect((await alertOf(opened.state, young.id))?.alert.history).toHaveLength(2)
    expect((await alertOf(opened.state, open.id))?.alert.state).toBe('raised')
    await opened.state.put([{ key: RETENTION_KEY, value: { alertDays: 800 } }])
    await prune(platform)({ shards: [] })
    expect(await alertOf(opened.state, young.id)).toBeUndefined()
    expect([await kept(opened, 'alert-closed/'), await kept(opened, 'alert-done/')]).toEqual([[], []])
    expect(await kept(opened, 'alert-place/')).toEqual([alertKeys.place(open.id)])
    await opened.close()
  })

  test('an alert that came back keeps its place when what it left behind is forgotten', async () => {
    const opened = await openTestPlatform()
    const cleared = await storeCleared(opened, 'swing', NOW - 1_100 * DAY_MS)
    const back = advance(
      {
        ...cleared,
        finding: { ...cleared.finding, limits: { ...cleared.finding.limits, reopenWithinMinutes: 1_440 } },
      },
      finding(11, {}, 'swing'),
      NOW - 1_100 * DAY_MS + 1,
    )
    // Killed before it could tidy up: the mark of the first clearing still stands.
    const killed: StateStore = { ...opened.state, delete: () => Promise.reject(new Error('killed')) }
    const round = { changed: [back.alert as Alert], dropped: [], events: [...back.events] }
    await expect(storeAlerts(killed, '130102', round)).rejects.toThrow('killed')
    await prune({ ...opened, now: () => NOW })({ shards: [] })
    expect((await alertOf(opened.state, cleared.id))?.alert.history.at(-1)?.what).toBe('reopened')
    expect(await kept(opened, 'alert-closed/')).toEqual([])
    await opened.close()
  })

  test('notifications are forgotten a quarter after they were sent or given up, no more in one run than it says', async () => {
    const opened = await openTestPlatform()
    const clock = { ms: NOW }
    const failing = { send: () => Promise.reject(new PermanentFailure('no such robot')) }
    const platform = { ...opened, now: () => clock.ms, notify: failing }
    const notes = ['a', 'b', 'c'].map((id) => ({
      id,
      recipient: 'nobody',
      channel: 0,
      language: 'zh' as const,
      title: id,
      lines: [],
      link: 'https://x.cn/',
      createdMs: NOW,
    }))
    await enqueue(opened.state, notes)
    await notify(platform)({ shards: [] })
    clock.ms = NOW + 90 * DAY_MS
    await prune(platform)({ shards: [] })
    expect(await kept(opened, 'notification/')).toHaveLength(3)
    clock.ms += 1
    await forgetDone(opened.state, clock.ms, 2)
    expect(await kept(opened, 'notification/')).toHaveLength(1)
    await prune(platform)({ shards: [] })
    expect([await kept(opened, 'notification/'), await kept(opened, 'notification-done/')]).toEqual([[], []])
    await opened.close()
  })
})
