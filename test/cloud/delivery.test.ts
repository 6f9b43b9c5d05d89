// What queues and Lambda do to messages on a bad day: delivered again, in part, out of order, to a function that dies.
// No reading is lost or counted twice, and what cannot be done lies apart with its reason and can be sent back.

import { describe, expect, test } from 'vitest'
import { shardEntry } from '../../cloud/events/queued.ts'
import { HOUR_MS } from '../../domain/calendar.ts'
import type { Key, Platform, ShardEvent } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'
import { settledKey } from '../../functions/settling/mark.ts'
import { MESSAGE_AGE_MAX_MS, RECEIVES_MAX } from '../../functions/triggers.ts'
import { runsOf } from '../campaign.ts'
import {
  consumptionBytes,
  documents,
  dyingPlatform,
  INSTITUTIONS,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
  type WireReading,
} from '../functions/province.ts'
import { type CloudHost, deadLettersOf, NO_LOG, openCloudHost, VISIBILITY_MS } from './cloud-host.ts'

const METERS = INSTITUTIONS.flatMap(({ id }) => [`${id}-E`, `${id}-W`])
const payload = (readings: readonly WireReading[]): string => JSON.stringify({ v: 1, readings })

/** Six hours of a register, a reading an hour; `n` sets one meter's apart from another's. */
const sixHours = (meter: string, n = 0): WireReading[] =>
  Array.from({ length: 7 }, (_, hour) => ({
    meter,
    at: NOON_MS - (7 - hour) * HOUR_MS,
    value: 1000 * n + hour * (n + 1),
  }))

async function opened(): Promise<CloudHost & { stores: Platform }> {
  const stores = await openTestPlatform()
  await register(stores, PROVINCE)
  return { ...(await openCloudHost(stores, stores.clock)), stores }
}

/** Every gateway sends its six hours. */
function publishAll({ publish }: CloudHost): void {
  for (const [n, { id }] of INSTITUTIONS.entries()) publish(`G-${id}`, payload(sixHours(`${id}-E`, n)))
}

/** All that a reader can see: hours, months, rows, refusals. */
async function outcome({ stores }: { stores: Platform }) {
  return {
    readings: await stores.readings.count(METERS),
    consumption: await consumptionBytes(stores, METERS),
    months: await documents(stores, 'subject/'),
    rejections: await documents(stores, 'rejectionCount/'),
  }
}

async function undisturbed() {
  const host = await opened()
  publishAll(host)
  host.publish('G-A', payload([{ meter: 'A-E', at: NOON_MS, value: 'x' }]))
  await host.drain()
  return { ...(await outcome(host)), metrics: host.metrics.map((line) => JSON.parse(line)) }
}

describe('readings', () => {
  test('go from the rule through all queues to hours and sums', async () => {
    const wanted = await undisturbed()
    expect(wanted.readings).toBe(7 * INSTITUTIONS.length)
    expect(wanted.metrics).toEqual([
      {
        _aws: {
          Timestamp: NOON_MS,
          CloudWatchMetrics: [
            {
              Namespace: 'Kilowatch',
              Dimensions: [['stage']],
              Metrics: ['ReadingsStored', 'ReadingsRejected', 'MessagesReturned'].map((Name) => ({
                Name,
                Unit: 'Count',
              })),
            },
          ],
        },
        ...{ stage: 'test', ReadingsStored: 7 * INSTITUTIONS.length, ReadingsRejected: 1, MessagesReturned: 0 },
      },
      expect.objectContaining({ stage: 'test', SettledHourAge: 3_600 }),
    ])
    expect(Object.keys(wanted.consumption)).toHaveLength(INSTITUTIONS.length)
    // Institutions, counties, cities, the province.
    expect(Object.keys(wanted.months)).toHaveLength(4 + 3 + 2 + 1)
    expect(wanted.rejections).toEqual({ 'rejectionCount/G-A': { badReading: 1 } })
  })

  test('of a function that died before SQS heard of it count once', async () => {
    const host = await opened()
    publishAll(host)
    host.publish('G-A', payload([{ meter: 'A-E', at: NOON_MS, value: 'x' }]))
    const event = host.receive('ingest')
    if (!event) throw new Error('nothing was received')
    // All is written, and nobody says so.
    expect(await host.invoke('ingest', event)).toEqual({ batchItemFailures: [] })
    expect(host.receive('ingest')).toBeUndefined()
    host.clock.nowMs += VISIBILITY_MS
    await host.drain()
    const { metrics: _, ...wanted } = await undisturbed()
    expect(await outcome(host)).toEqual(wanted)
  })

  test('of a function that dies at any of its steps count once', async () => {
    const { metrics: _, ...wanted } = await undisturbed()
    for (let diesAt = 1; ; diesAt += runsOf({ test: 3, campaign: 1 })) {
      const host = await opened()
      publishAll(host)
      host.publish('G-A', payload([{ meter: 'A-E', at: NOON_MS, value: 'x' }]))
      const dying = dyingPlatform(host.platform, diesAt)
      const event = host.receive('ingest')
      if (event) await host.invoke('ingest', event, dying)
      host.clock.nowMs += VISIBILITY_MS
      await host.drain()
      expect(await outcome(host), `killed at call ${diesAt}`).toEqual(wanted)
      if (dying.calls() < diesAt) break
      expect(diesAt).toBeLessThan(50)
    }
  })
})

describe('a batch', () => {
  test('in which one message fails gives back that one alone', async () => {
    const host = await opened()
    publishAll(host)
    const broken = brokenFor(host.platform, 'G-B')
    const first = host.receive('ingest')
    if (!first) throw new Error('nothing was received')
    const { batchItemFailures } = await host.invoke('ingest', first, broken)
    const failed = first.Records.filter(({ body }) => JSON.parse(body).gateway === 'G-B')
    expect(batchItemFailures).toEqual(failed.map(({ messageId }) => ({ itemIdentifier: messageId })))
    expect(await host.stores.readings.count(METERS)).toBe(7 * (INSTITUTIONS.length - 1))
    host.server.settle(
      'ingest',
      first,
      failed.map(({ messageId }) => messageId),
    )
    await host.drain()
    expect(await host.stores.readings.count(METERS)).toBe(7 * INSTITUTIONS.length)
  })

  test('that the store refuses is tried in halves: the message that cannot be stored is set aside at once, with its reason', async () => {
    const host = await opened()
    publishAll(host)
    const choking: Platform = {
      ...host.platform,
      readings: {
        ...host.platform.readings,
        async append(batch, receivedMs) {
          if (batch.some(({ meter }) => meter === 'C-E')) throw new Error('the store chokes on C-E')
          return host.platform.readings.append(batch, receivedMs)
        },
      },
    }
    await host.drain(choking)
    expect(await host.stores.readings.count(METERS)).toBe(7 * (INSTITUTIONS.length - 1))
    const letters = host.server.messages(deadLettersOf('ingest'))
    expect(letters).toHaveLength(1)
    expect(letters[0].attributes.reason.stringValue).toContain('the store chokes on C-E')
    expect(letters[0].sentMs).toBe(host.clock.nowMs)
  })

  test('of several messages for one shard is worked on once, and all of them are done', async () => {
    const host = await opened()
    for (const n of [0, 1, 2]) {
      host.clock.nowMs += VISIBILITY_MS
      await host.platform.fanOut.send('settle', ['130102'])
      if (n === 1) host.server.send('settle', JSON.stringify({ shard: '130104' }), '130104')
    }
    host.clock.nowMs += VISIBILITY_MS
    const event = host.receive('settle')
    expect(event?.Records).toHaveLength(4)
    const asked: ShardEvent[] = []
    const entry = shardEntry({
      queue: 'settle',
      state: host.stores.state,
      fanOut: { tick: () => Promise.reject(new Error('nothing is to be sent on')) },
      deadLetters: {
        settle: async (failures) => ({ batchItemFailures: failures.map(() => ({ itemIdentifier: '' })) }),
      },
      ...{ count: () => undefined, log: NO_LOG, now: Date.now },
      handler: async (shards) => {
        asked.push(shards)
        return { failed: [] }
      },
    })
    if (event) expect(await entry(event)).toEqual({ batchItemFailures: [] })
    expect(asked).toMatchObject([{ shards: ['130102', '130104'], scheduled: false }])
  })
})

describe('work by shard', () => {
  test('of a run near its limit ends between two parts, and its rest is a message of its own', async () => {
    const host = await opened()
    publishAll(host)
    const ingested = host.receive('ingest')
    if (!ingested) throw new Error('nothing was received')
    await host.invoke('ingest', ingested)
    host.server.settle('ingest', ingested, [])
    host.clock.nowMs += VISIBILITY_MS
    const event = host.receive('settle', 1)
    if (!event) throw new Error('nothing was received')
    const entry = shardEntry({
      ...{ queue: 'settle', state: host.platform.state, fanOut: { tick: async () => undefined } },
      ...{ count: () => undefined, log: NO_LOG, now: Date.now },
      deadLetters: {
        settle: async (failures) => ({ batchItemFailures: failures.map(() => ({ itemIdentifier: '' })) }),
      },
      handler: settle(host.platform, { readingsPerPart: 1 }),
    })
    const waiting = () => host.server.messages('settle').length
    const before = waiting()
    expect(await entry(event, { getRemainingTimeInMillis: () => 170_000 })).toEqual({ batchItemFailures: [] })
    host.server.settle('settle', event, [])
    const [shard] = event.Records.map(({ body }) => JSON.parse(body).shard as string)
    const isCut = (await host.platform.state.get(settledKey(shard)))?.value.meters.length
    expect(isCut).toBeGreaterThan(0)
    expect(waiting()).toBe(before)
    await host.drain()
    const wanted = await undisturbed()
    expect(await consumptionBytes(host.platform, METERS)).toEqual(wanted.consumption)
  })

  test('of a function that died while settling is done by the next', async () => {
    const { metrics: _, ...wanted } = await undisturbed()
    const host = await opened()
    publishAll(host)
    host.publish('G-A', payload([{ meter: 'A-E', at: NOON_MS, value: 'x' }]))
    const ingested = host.receive('ingest')
    if (ingested) {
      await host.invoke('ingest', ingested)
      host.server.settle('ingest', ingested, [])
    }
    for (let diesAt = 3; diesAt < 40; diesAt += 4) {
      host.clock.nowMs += VISIBILITY_MS
      const event = host.receive('settle')
      if (event) await host.invoke('settle', event, dyingPlatform(host.platform, diesAt)).catch(() => undefined)
      if (Number(event?.Records[0].attributes.ApproximateReceiveCount) >= 4) break
    }
    host.clock.nowMs += VISIBILITY_MS
    await host.drain()
    expect(await outcome(host)).toEqual(wanted)
  })

  test('that fails for one shard leaves the others alone, and lies apart with its reason after ten days', async () => {
    const host = await opened()
    publishAll(host)
    const broken: Platform = {
      ...host.platform,
      consumption: {
        ...host.platform.consumption,
        async put(days) {
          if (days.some(({ meter }) => meter === 'D-E')) {
            host.wait(MESSAGE_AGE_MAX_MS / 2)
            throw new Error('no place for D-E')
          }
          return host.platform.consumption.put(days)
        },
      },
    }
    await host.drain(broken)
    expect(Object.keys(await consumptionBytes(host.stores, METERS))).toHaveLength(INSTITUTIONS.length - 1)
    const letters = host.server.messages(deadLettersOf('settle'))
    expect(letters.map(({ body, attributes }) => [JSON.parse(body), attributes.reason.stringValue])).toEqual([
      [{ shard: '130202' }, '130202: no place for D-E'],
    ])
  })

  test('that fails comes again after a minute, then after twice as long, at most twenty minutes, for ten days', async () => {
    const host = await opened()
    const { state } = host.platform
    const broken: Platform = {
      ...host.platform,
      state: { ...state, get: () => Promise.reject(new Error('throttled')) },
    }
    await host.platform.fanOut.send('settle', ['130202'])
    const pauses: number[] = []
    for (;;) {
      const [{ visibleMs }] = host.server.messages('settle')
      host.clock.nowMs = visibleMs
      const event = host.receive('settle')
      if (!event) throw new Error('nothing was received')
      const { batchItemFailures } = await host.invoke('settle', event, broken)
      const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
      host.server.settle('settle', event, failed)
      if (failed.length === 0) break
      pauses.push((host.server.messages('settle')[0].visibleMs - host.clock.nowMs) / 1000)
    }
    expect(pauses.slice(0, 7)).toEqual([60, 120, 240, 480, 960, 1200, 1200])
    expect(pauses.reduce((sum, seconds) => sum + seconds, 0)).toBeGreaterThanOrEqual(MESSAGE_AGE_MAX_MS / 1000)
    expect(pauses.length).toBeLessThan(RECEIVES_MAX)
    expect(host.server.messages(deadLettersOf('settle'))).toHaveLength(1)
  })

  test('a tick becomes a message for each shard, and for each area where time alone changes something', async () => {
    const host = await opened()
    const sent = async (queue: 'settle' | 'assess' | 'rollup' | 'notify') => {
      host.tick(queue)
      host.clock.nowMs += VISIBILITY_MS
      const event = host.receive(queue)
      if (event) {
        expect(await host.invoke(queue, event)).toEqual({ batchItemFailures: [] })
        host.server.settle(queue, event, [])
      }
      return host.server.messages(queue).map(({ body }) => JSON.parse(body))
    }
    const ticks = (codes: readonly string[]) => codes.map((shard) => ({ shard, scheduled: true }))
    expect(await sent('settle')).toEqual(ticks(['130102', '130104', '130202']))
    expect(await sent('assess')).toEqual(ticks(['130000', '130100', '130102', '130104', '130200', '130202']))
    expect(await sent('rollup')).toEqual(ticks(['130000', '130100', '130200']))
    expect(await sent('notify')).toEqual([])
  })

  test('ticks alone end in the same documents as on one machine', async () => {
    const host = await opened()
    for (const queue of ['settle', 'assess', 'rollup', 'notify', 'prune', 'reports', 'contract', 'control'] as const) {
      host.tick(queue)
      await host.drain()
    }
    const present = Object.keys(await documents(host.stores, 'present/'))
    expect(present).toEqual(['present/130102', 'present/130104', 'present/130202'])
    const looked = Object.keys(await documents(host.stores, 'alert-judged/'))
    expect(looked).toHaveLength(6)
  })
})

/** The registry cannot be read for one gateway. */
function brokenFor(platform: Platform, gateway: string): Platform {
  const { state } = platform
  return {
    ...platform,
    state: {
      ...state,
      async get<T>(key: Key<T>) {
        if (key === `registry/gateway/${gateway}`) throw new Error('throttled')
        return state.get(key)
      },
    },
  }
}
