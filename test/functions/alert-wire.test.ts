// Alerts wired into assess, beyond the demo year: a storm of gateways, kills at any call, the API over what stands.

import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AlertEvent } from '../../domain/alert.ts'
import { HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { recipientSchema } from '../../domain/notification-setting.ts'
import { gatewaySeenKey, LISTENING_KEY } from '../../functions/alert-gateway.ts'
import { alertKeys, standingAlerts } from '../../functions/alert-store.ts'
import { assess } from '../../functions/assess.ts'
import { notificationKeys } from '../../functions/notification-outbox.ts'
import { notify } from '../../functions/notify.ts'
import type { Message, Platform } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'
import { AREAS, documents, dyingPlatform, institution, meter, NOON_MS, openTestPlatform, register } from './province.ts'

const COUNT = 1000
const shards = ['130102', '130104', '130202']
const shardOf = (n: number): string => shards[n % 3]

/** A thousand institutions with a gateway each, in three counties of two cities; all heard at noon. */
async function manyGateways() {
  const platform = await openTestPlatform()
  const ids = Array.from({ length: COUNT }, (_, n) => `I${n}`)
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
  (await platform.state.query<AlertEvent>(alertKeys.event())).filter(({ value }) => value.what === what).length

test('an outage of a thousand gateways is told in a few messages, and so is its end', async () => {
  const platform = await manyGateways()
  const sent: Message[] = []
  const told = { ...platform, notify: { send: async (_: unknown, message: Message) => void sent.push(message) } }
  const person = { id: 'li', name: 'li', channels: [{ type: 'webhook', url: 'http://localhost/', secret: 's' }] }
  await platform.state.put([{ key: notificationKeys.recipient('li'), value: recipientSchema.parse(person) }])
  await look(platform)
  expect(await happened(platform, 'raised')).toBe(0)
  platform.clock.nowMs = NOON_MS + 70 * MINUTE_MS
  await look(platform)
  expect(await happened(platform, 'raised')).toBe(COUNT)
  platform.clock.nowMs += 3 * MINUTE_MS
  await notify(told)({ shards: [] })
  expect(sent.length).toBeGreaterThan(0)
  expect(sent.length).toBeLessThanOrEqual(shards.length)
  expect(sent.every(({ title }) => /×3\d\d/.test(title))).toBe(true)
  const raised = sent.length
  platform.clock.nowMs = NOON_MS + 3 * HOUR_MS
  const value = { lastMs: platform.clock.nowMs, offlineMs: null }
  await platform.state.put(Array.from({ length: COUNT }, (_, n) => ({ key: gatewaySeenKey(`G-I${n}`), value })))
  await look(platform)
  expect(await happened(platform, 'cleared')).toBe(COUNT)
  platform.clock.nowMs += 3 * MINUTE_MS
  await notify(told)({ shards: [] })
  expect(sent.length - raised).toBeLessThanOrEqual(shards.length)
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

test('a process that is killed at any call of judging alerts ends in the same alerts when it is run again', async () => {
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
  expect(await standingAlerts(first.state, '130102')).toHaveLength(3)
  // A clears, B stands and its escalation is due, C is not registered any more: that is what the killed round has to do.
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
})
