// Messages that come again, late or in another order: readings rank by when they were received, over each series store
// of the cloud, without a question to the store; a run ends before Lambda ends it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mqttEntry } from '../../cloud/events/messages.ts'
import { HOUR_MS } from '../../domain/calendar.ts'
import { ingest } from '../../functions/ingest.ts'
import type { Platform, StoredReading } from '../../functions/platform.ts'
import {
  dyingPlatform,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform,
  PROVINCE,
  register,
  type WireReading,
} from '../functions/province.ts'
import { NO_LOG, openCloudHost, VISIBILITY_MS } from './cloud-host.ts'
import { type CloudServers, SERIES, startCloudServers } from './cloud-servers.ts'

let servers: CloudServers
beforeAll(async () => {
  servers = await startCloudServers(() => NOON_MS + 24 * HOUR_MS)
})
afterAll(() => servers.close())

const payload = (readings: readonly WireReading[]): string => JSON.stringify({ v: 1, readings })
const hours = Array.from({ length: 7 }, (_, hour) => ({
  meter: 'A-E',
  at: NOON_MS - (7 - hour) * HOUR_MS,
  value: hour,
}))
const wrong = payload([...hours, { meter: 'A-E', at: NOON_MS, value: 9999 }])
const right = payload([{ meter: 'A-E', at: NOON_MS, value: 7 }])

describe.each(SERIES)('readings over %s', (series) => {
  async function opened() {
    const base = await openTestPlatform()
    const stores = await servers.inCloud(base, series)
    await register(stores, PROVINCE)
    return openCloudHost(stores, base.clock)
  }
  type Host = Awaited<ReturnType<typeof opened>>
  const noonOf = async ({ platform }: Host) =>
    (await platform.readings.range(['A-E'], NOON_MS, NOON_MS + 1)).get('A-E')?.value[0]
  const ingestOnce = async (host: Host, on?: Platform) => {
    const event = host.receive('ingest')
    if (!event) throw new Error('nothing was received')
    return host.invoke('ingest', event, on)
  }

  test('that SQS delivers in another order rank by when they were received', async () => {
    const host = await opened()
    host.publish('G-A', right, NOON_MS + 2000)
    await ingestOnce(host)
    host.publish('G-A', wrong, NOON_MS + 1000)
    await ingestOnce(host)
    expect(await noonOf(host)).toBe(7)
    expect(await host.platform.readings.count(['A-E'])).toBe(8)
  })

  test('that come again do not take back a correction that was received in between', async () => {
    const host = await opened()
    host.publish('G-A', wrong)
    await ingestOnce(host, dyingPlatform(host.platform, 1))
    host.clock.nowMs += 1000
    host.publish('G-A', right)
    await ingestOnce(host)
    host.clock.nowMs += VISIBILITY_MS
    await host.drain()
    expect(await noonOf(host)).toBe(7)
  })

  test('that are sent back from the dead letters do not take back a correction either', async () => {
    const host = await opened()
    host.clock.nowMs += HOUR_MS
    host.publish('G-A', right)
    await ingestOnce(host)
    host.publish('G-A', wrong, NOON_MS + 1000)
    await ingestOnce(host)
    expect(await noonOf(host)).toBe(7)
  })

  test('that come twice stand once in the history, the last of a message last', async () => {
    const host = await opened()
    host.publish('G-A', payload([1, 2, 3].map((value) => ({ meter: 'A-E', at: NOON_MS, value }))))
    const event = host.receive('ingest')
    if (!event) throw new Error('nothing was received')
    await host.invoke('ingest', event)
    await host.invoke('ingest', event)
    const history = await host.platform.readings.history('A-E', NOON_MS, NOON_MS + 1)
    expect(history.map(({ value }) => value)).toEqual([1, 2, 3])
  })
})

describe('a batch of messages that come again', () => {
  const METERS = Array.from({ length: 30 }, (_, n) => `A-${n}`)
  const MESSAGES = 100

  async function received(change: (readings: Platform['readings']) => Partial<Platform['readings']>) {
    const stores = await openTestPlatform()
    await register(stores, oneInstitution(METERS.map((id) => meter(id, 'A'))))
    const host = await openCloudHost(stores, stores.clock)
    for (let n = 0; n < MESSAGES; n++)
      host.publish('G-A', payload(METERS.map((id) => ({ meter: id, at: NOON_MS - n * HOUR_MS, value: n }))))
    host.receive('ingest')
    host.clock.nowMs += VISIBILITY_MS
    const event = host.receive('ingest')
    expect(event?.Records.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(
      Array(MESSAGES).fill('2'),
    )
    if (!event) throw new Error('nothing was received')
    const readings = { ...host.platform.readings, ...change(host.platform.readings) }
    const failures: string[] = []
    const entry = mqttEntry({
      ingest: ingest({ ...host.platform, readings }),
      heard: async () => undefined,
      connections: async () => undefined,
      count: () => undefined,
      results: async () => undefined,
      log: NO_LOG,
      deadLetters: {
        async settle(failed) {
          failures.push(...failed.map(({ reason }) => reason))
          return { batchItemFailures: failed.map(({ record }) => ({ itemIdentifier: record.messageId })) }
        },
      },
    })
    return { event, entry, failures, stores }
  }

  test('costs one append and asks the store nothing', async () => {
    const appends: (readonly StoredReading[])[] = []
    const asked = (): never => {
      throw new Error('the store was asked')
    }
    const { event, entry, stores } = await received(({ append }) => ({
      append(batch, receivedMs) {
        appends.push(batch)
        return append(batch, receivedMs)
      },
      ...{ history: asked, range: asked, touchedSince: asked, count: asked },
    }))
    expect(await entry(event)).toEqual({ batchItemFailures: [] })
    expect(appends.map(({ length }) => length)).toEqual([MESSAGES * METERS.length])
    expect(await stores.readings.count(METERS)).toBe(MESSAGES * METERS.length)
  })

  test('ends before its function does: what is not done by then is returned with the reason', async () => {
    const { event, entry, failures } = await received(() => ({ append: () => new Promise(() => undefined) }))
    const { batchItemFailures } = await entry(event, { getRemainingTimeInMillis: () => 5_010 })
    expect(batchItemFailures).toHaveLength(MESSAGES)
    expect(new Set(failures)).toEqual(new Set(['Unavailable: the time of this run was over before the answer']))
  })

  test('returns what it had no time to try, and keeps what it did', async () => {
    let leftMs = 60_000
    const { event, entry, failures, stores } = await received(({ append }) => ({
      async append(batch, receivedMs) {
        if (batch.length > 10 * METERS.length) throw new Error('too many at once')
        leftMs -= 30_000
        return append(batch, receivedMs)
      },
    }))
    const { batchItemFailures } = await entry(event, { getRemainingTimeInMillis: () => leftMs })
    expect(batchItemFailures.length).toBeGreaterThan(0)
    expect(batchItemFailures.length).toBeLessThan(MESSAGES)
    expect(await stores.readings.count(METERS)).toBe((MESSAGES - batchItemFailures.length) * METERS.length)
    expect(new Set(failures)).toEqual(new Set(['Unavailable: not tried: the time of this run was over']))
  })
})
