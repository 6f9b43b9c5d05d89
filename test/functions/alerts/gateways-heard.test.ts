// What is stored of a gateway's contacts, and what silence makes of it: by MQTT, by HTTP, learned and registered.

import { expect, test } from 'vitest'
import { learnedCadence } from '../../../domain/alert/cadence.ts'
import { HOUR_MS, MINUTE_MS } from '../../../domain/calendar.ts'
import { gatewaySeenKey, noteHeard, putGatewaysSeen } from '../../../functions/alerts/gateways-heard.ts'
import { waitingKey } from '../../../functions/alerts/silence.ts'
import { currentAlerts } from '../../../functions/alerts/store.ts'
import { assess } from '../../../functions/assess.ts'
import { settle } from '../../../functions/settle.ts'
import { AREAS, institution, meter, NOON_MS, openTestPlatform, register } from '../province.ts'

const DAY_MS = 24 * HOUR_MS

async function oneGateway(uploadMinutes?: number) {
  const platform = await openTestPlatform()
  await register(platform, {
    areas: AREAS,
    institutions: [institution('A', '130102')],
    gateways: [{ id: 'G', institution: 'A', ...(uploadMinutes && { uploadMinutes }) }],
    meters: [meter('A-E', 'A', { gateway: 'G' })],
  })
  const hear = (atMs: number) => putGatewaysSeen(platform.state, new Map([['G', { lastMs: atMs, offlineMs: null }]]))
  const isOffline = async (atMs: number): Promise<boolean> => {
    platform.clock.nowMs = atMs
    await assess(platform)({ shards: [] })
    return (await currentAlerts(platform.state, '130102')).some(({ kind }) => kind === 'gatewayOffline')
  }
  const record = async () => (await platform.state.get(gatewaySeenKey('G')))?.value
  return { platform, hear, isOffline, record }
}

test('a gateway that uploads once a day, in several messages, is offline a day and a half after the last', async () => {
  const { hear, isOffline, record } = await oneGateway()
  for (let day = 0; day < 5; day++) {
    for (let message = 0; message < 4; message++) await hear(NOON_MS + day * DAY_MS + message * MINUTE_MS)
    expect(await isOffline(NOON_MS + day * DAY_MS + 9 * HOUR_MS)).toBe(false)
    if (day > 0) expect(await isOffline(NOON_MS + (day + 1) * DAY_MS - MINUTE_MS)).toBe(false)
  }
  expect((await record())?.gapsMinutes).toEqual([1437, 1437, 1437, 1437])
  expect(await isOffline(NOON_MS + 4 * DAY_MS + 37 * HOUR_MS)).toBe(true)
})

test('an hourly gateway is offline after four hours, also after an outage', async () => {
  const { hear, isOffline } = await oneGateway()
  const back = NOON_MS + 3 * DAY_MS
  for (const atMs of [0, 1, 2, 3, 4].map((hour) => NOON_MS + hour * HOUR_MS)) await hear(atMs)
  for (const atMs of [0, 1].map((hour) => back + hour * HOUR_MS)) await hear(atMs)
  expect(await isOffline(back + 5 * HOUR_MS)).toBe(false)
  expect(await isOffline(back + 5.1 * HOUR_MS)).toBe(true)
})

test('a gateway that speaks every minute is known after an hour', async () => {
  const { hear, record, isOffline } = await oneGateway()
  for (let minute = 0; minute <= 65; minute++) await hear(NOON_MS + minute * MINUTE_MS)
  expect(learnedCadence((await record())?.gapsMinutes)).toBe(10)
  expect(await isOffline(NOON_MS + 65 * MINUTE_MS + 4.1 * HOUR_MS)).toBe(true)
})

test('a registered interval counts before what was learned', async () => {
  const { hear, isOffline } = await oneGateway(7 * 24 * 60)
  for (let hour = 0; hour < 8; hour++) await hear(NOON_MS + hour * HOUR_MS)
  expect(await isOffline(NOON_MS + 7 * DAY_MS)).toBe(false)
  expect(await isOffline(NOON_MS + 12 * DAY_MS)).toBe(true)
})

test('the same contacts give the same record, whoever notes them, and a message noted late takes nothing back', async () => {
  const [one, other] = [await oneGateway(), await oneGateway()]
  for (const hour of [0, 1, 2]) {
    await one.hear(NOON_MS + hour * HOUR_MS)
    await noteHeard(other.platform.state, 'G', NOON_MS + hour * HOUR_MS)
    await noteHeard(other.platform.state, 'G', NOON_MS + hour * HOUR_MS)
  }
  await one.hear(NOON_MS + 2 * HOUR_MS - MINUTE_MS)
  expect(await one.record()).toEqual(await other.record())
  expect((await one.record())?.lastMs).toBe(NOON_MS + 2 * HOUR_MS)
})

test('a meter that never had a reading is told once its gateway was heard, and no longer once it has one', async () => {
  const { platform, hear } = await oneGateway()
  const look = async (atMs: number): Promise<unknown[]> => {
    await hear(atMs)
    platform.clock.nowMs = atMs
    await assess(platform)({ shards: [] })
    return (await currentAlerts(platform.state, '130102')).flatMap(({ kind, state, finding }) =>
      kind === 'meterSilent' && state !== 'cleared' ? [finding.facts] : [],
    )
  }
  for (let hour = 0; hour <= 8; hour++) expect(await look(NOON_MS + hour * HOUR_MS)).toEqual([])
  expect(await look(NOON_MS + 9 * HOUR_MS)).toEqual([
    { lastMs: NOON_MS, minutes: 540, everyMinutes: 60, hasNone: true },
  ])
  const at = NOON_MS + 10 * HOUR_MS
  await platform.readings.append([{ meter: 'A-E', atMs: at, value: 5, quality: 'good' }], at)
  await settle(platform)({ shards: [] })
  expect(await look(at)).toEqual([])
  expect(await platform.state.get(waitingKey('130102'))).toBeUndefined()
})
