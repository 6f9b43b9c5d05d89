// Alerts wired into assess, beyond the demo year: a storm of gateways, kills at any call, the API over what stands.

import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AlertEvent } from '../../domain/alert/life.ts'
import { HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { recipientSchema } from '../../domain/notify/setting.ts'
import { gatewaySeenKey, LISTENING_KEY } from '../../functions/alerts/gateways-heard.ts'
import { alertKeys, currentAlerts } from '../../functions/alerts/store.ts'
import { assess } from '../../functions/assess.ts'
import { notify } from '../../functions/notify.ts'
import type { Platform } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'
import { notificationKeys } from '../../functions/telling/outbox.ts'
import { localNotifier } from '../../local/notify.ts'
import { testInCampaign } from '../campaign.ts'
import { httpPeer, mailPeer } from '../local/notify-peers.ts'
import { AREAS, documents, dyingPlatform, institution, meter, NOON_MS, openTestPlatform, register } from './province.ts'

const COUNT = 1000
const shards = ['130102', '130104', '130202']
const shardOf = (n: number): string => shards[n % 3]

/** Institutions with a gateway each, in three counties of two cities; all heard at noon. */
async function manyGateways(count = COUNT) {
  const platform = await openTestPlatform()
  const ids = Array.from({ length: count }, (_, n) => `I${n}`)
  await register(platform, {
    areas: AREAS,
    institutions: ids.map((id, n) => institution(id, shardOf(n))),
    gateways: ids.map((id) => ({ id: `G-${id}`, institution: id })),
    meters: ids.map((id) => meter(`${id}-E`, id, { intervalMinutes: 15 })),
  })
  await platform.state.put(
    ids.map((id) => ({ key: gatewaySeenKey(`G-${id}`), value: { lastMs: NOON_MS, offlineMs: null } })),
  )
  return platform
}
async function look(platform: Platform): Promise<void> {
  expect(await assess(platform)({ shards: [] })).toEqual({ failed: [] })
}
const happened = async (platform: Platform, what: AlertEvent['what']) =>
  (await platform.state.query(alertKeys.event())).filter(({ value }) => value.what === what).length

testInCampaign('an outage of a thousand gateways is told in a few messages, and so is its end', async () => {
  const platform = await manyGateways()
  const robot = await httpPeer(() => ({ body: '{"errcode":0,"errmsg":"ok"}' }))
  const mail = await mailPeer()
  const setting = async () => ({ pageUrl: 'https://x.cn/', smtpUrl: mail.smtpUrl, mailFrom: 'kw@example.cn' })
  const told = { ...platform, notify: localNotifier({ setting, now: () => platform.clock.nowMs }) }
  const channels = [
    { type: 'dingtalk', url: robot.url },
    { type: 'mail', address: 'li@example.cn' },
  ]
  await platform.state.put([
    { key: notificationKeys.recipient('li'), value: recipientSchema.parse({ id: 'li', name: 'li', channels }) },
  ])
  await look(platform)
  expect(await happened(platform, 'raised')).toBe(0)
  platform.clock.nowMs = NOON_MS + 70 * MINUTE_MS
  await look(platform)
  expect(await happened(platform, 'raised')).toBe(COUNT)
  platform.clock.nowMs += 3 * MINUTE_MS
  await notify(told)({ shards: [] })
  // A message a county: 1,000 = 334 + 333 + 333.
  const titles = robot.heard.map(({ body }) => JSON.parse(body).markdown.title)
  expect(titles.map((title) => /网关离线 ×(\d+)/.exec(title)?.[1]).toSorted()).toEqual(['333', '333', '334'])
  expect(mail.mails).toHaveLength(shards.length)
  platform.clock.nowMs = NOON_MS + 3 * HOUR_MS
  const value = { lastMs: platform.clock.nowMs, offlineMs: null }
  await platform.state.put(Array.from({ length: COUNT }, (_, n) => ({ key: gatewaySeenKey(`G-I${n}`), value })))
  await look(platform)
  expect(await happened(platform, 'cleared')).toBe(COUNT)
  platform.clock.nowMs += 3 * MINUTE_MS
  await notify(told)({ shards: [] })
  expect(robot.heard).toHaveLength(2 * shards.length)
  expect(mail.mails).toHaveLength(2 * shards.length)
  await robot.close()
  await mail.close()
})

test('a gateway that comes and goes every few hours is one alert, in the lists as in its history', async () => {
  const platform = await manyGateways(3)
  const at = async (hour: number, heard: boolean): Promise<void> => {
    platform.clock.nowMs = NOON_MS + hour * HOUR_MS
    const value = { lastMs: platform.clock.nowMs, offlineMs: null }
    const ids = ['G-I0', 'G-I1', 'G-I2'].filter((id) => heard || id !== 'G-I0')
    await platform.state.put(ids.map((id) => ({ key: gatewaySeenKey(id), value })))
    await look(platform)
  }
  for (let hour = 1; hour <= 30; hour++) await at(hour, hour % 6 === 0)
  const offline = async () =>
    (await currentAlerts(platform.state, '130102')).filter(({ kind }) => kind === 'gatewayOffline')
  const [alert, ...others] = await offline()
  expect(others).toEqual([])
  expect(alert.history.map(({ what, atMs }) => [what, (atMs - NOON_MS) / HOUR_MS])).toEqual([
    ['raised', 2],
    ['cleared', 6],
    ['reopened', 8],
  ])
  expect(await platform.state.query(alertKeys.closed('130102'))).toEqual([])
  // Heard for a whole day: now it is over.
  for (let hour = 31; hour <= 54; hour++) await at(hour, true)
  expect(await offline()).toEqual([])
  const closed = await platform.state.query(alertKeys.closed('130102'))
  const course = ['raised', 'cleared', 'reopened', 'escalated', 'cleared']
  expect(closed.map(({ value }) => [value.id, value.history.map(({ what }) => what)])).toEqual([[alert.id, course]])
})

test('a stop of our own is no silence of the gateways', async () => {
  const platform = await manyGateways()
  platform.clock.nowMs = NOON_MS + 5 * HOUR_MS
  await platform.state.put([{ key: LISTENING_KEY, value: { sinceMs: platform.clock.nowMs } }])
  await look(platform)
  expect(await happened(platform, 'raised')).toBe(0)
  platform.clock.nowMs += HOUR_MS
  await look(platform)
  expect(await happened(platform, 'raised')).toBe(COUNT)
})

test('between two looks a shard costs next to nothing', async () => {
  const platform = await manyGateways()
  expect(await settle(platform)({ shards: [] })).toEqual({ failed: [] })
  await look(platform)
  const counted = dyingPlatform(platform)
  expect(await assess(counted)({ shards: ['130102'] })).toEqual({ failed: [] })
  expect(counted.calls()).toBeLessThan(20)
})

testInCampaign(
  'a process that is killed at any call of judging alerts ends in the same alerts when it is run again',
  async () => {
    const first = await openTestPlatform()
    const ids = ['A', 'B', 'C']
    await register(first, {
      areas: AREAS,
      institutions: ids.map((id) => institution(id, '130102')),
      gateways: ids.map((id) => ({ id: `G-${id}`, institution: id })),
      meters: ids.map((id) => meter(`${id}-E`, id)),
    })
    await first.state.put(
      ids.map((id) => ({ key: gatewaySeenKey(`G-${id}`), value: { lastMs: NOON_MS, offlineMs: null } })),
    )
    first.clock.nowMs = NOON_MS + 5 * HOUR_MS
    await look(first)
    expect(await currentAlerts(first.state, '130102')).toHaveLength(3)
    // A clears, B stands and its escalation is due, C is not registered any more: that is what the killed round has to
    // do.
    await first.state.put([{ key: gatewaySeenKey('G-A'), value: { lastMs: NOON_MS + 40 * HOUR_MS, offlineMs: null } }])
    await first.state.delete(['registry/shard/130102/meter/C-E'])
    await first.close()
    const copyOf = async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kilowatch-alert-'))
      cpSync(first.folder, folder, { recursive: true })
      const platform = await openTestPlatform(folder)
      platform.clock.nowMs = NOON_MS + 40 * HOUR_MS
      return platform
    }
    const whole = await copyOf()
    const counted = dyingPlatform(whole)
    expect(await assess(counted)({ shards: ['130102'] })).toEqual({ failed: [] })
    const want = await documents(whole, 'alert-')
    expect(Object.keys(want).filter((key) => key.startsWith('alert-closed'))).toHaveLength(2)
    for (let n = 1; n <= counted.calls(); n++) {
      const platform = await copyOf()
      await assess(dyingPlatform(platform, n))({ shards: ['130102'] }).catch(() => undefined)
      expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
      expect(await documents(platform, 'alert-'), `killed before call ${n}`).toEqual(want)
      await platform.close()
    }
  },
)
