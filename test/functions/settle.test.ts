// Settling over the platform of one machine: the shared cases hold through ingest, in batches and out of order; what is
// settled bit by bit equals what is settled at once, byte for byte; a kill between any two steps leaves nothing undone.

import { cpSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../devices/random.ts'
import { DAY_MS, dayLabel, dayOf, dayStartMs, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { NO_HOUR } from '../../domain/hours.ts'
import { type Meter, meterSchema } from '../../domain/registry/records.ts'
import { HOUR_FLAGS } from '../../domain/settle/settle.ts'
import { ingest } from '../../functions/ingest.ts'
import { docKey, type Platform, type StoredReading } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'
import { settledKey } from '../../functions/settling/mark.ts'
import { runsOf } from '../campaign.ts'
import { describeShared } from '../shared.ts'
import {
  consumptionBytes,
  documents,
  dyingPlatform,
  institution,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform,
  PROVINCE,
  register,
  send,
  TEST_DAYS,
  type TestPlatform,
} from './province.ts'

const SHARD = '130102'

/** The hours of a meter that stand, as [start, amount or null, flag]. */
async function hoursOf(platform: Platform, id: string): Promise<[number, number | null, string][]> {
  const days = await platform.consumption.get([id], ...TEST_DAYS)
  return days.flatMap(({ day, amounts, flags }) =>
    Array.from(flags, (flag, hour): [number, number | null, string] => [
      dayStartMs(day) + hour * HOUR_MS,
      Number.isNaN(amounts[hour]) ? null : amounts[hour],
      HOUR_FLAGS[flag],
    ]).filter((_, hour) => flags[hour] !== NO_HOUR),
  )
}

/** The same readings and registry, settled at once into stores of their own. */
async function settledFromScratch(platform: Platform, ids: readonly string[]): Promise<Record<string, string>> {
  const fresh = await openTestPlatform()
  const docs = await platform.state.query(docKey('registry/'))
  await fresh.state.put(docs.map(({ key, value }) => ({ key, value })))
  const from: Platform = { ...fresh, readings: platform.readings }
  expect(await settle(from)({ shards: [] })).toEqual({ failed: [] })
  const bytes = await consumptionBytes(fresh, ids)
  await fresh.close()
  return bytes
}

const settled = async (platform: Platform, shards: string[] = []): Promise<void> =>
  expect(await settle(platform)({ shards })).toEqual({ failed: [] })

describeShared('the settle cases through ingest and settle', ['data/settle-cases/cases.json'], (path) => {
  interface Case {
    id: string
    meter: { unit: string; kind?: string; stamp?: string; [field: string]: unknown }
    readings: [atMs: number, value: number][]
    events?: { at: number; finalValue: number; startValue: number }[]
    truth: { hours: [hourStartMs: number, kwh: number | null, flag: string][] }
  }
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }
  const KWH_PER_GJ = 1000 / 3.6
  const receivedMs = Date.UTC(2030, 0, 1)

  const meterOf = ({ id, meter: described, events = [] }: Case): Meter =>
    meterSchema.parse({
      ...described,
      id,
      institution: 'A',
      gateway: 'G-A',
      medium: described.unit === 'GJ' ? 'heat' : 'electricity',
      replacements: events.map(({ at, finalValue, startValue }) => ({ atMs: at, finalValue, startValue })),
    })

  test.each(['1', '2', '3'].slice(0, runsOf({ test: 1, campaign: 3 })))(
    'give the true hours and flags, in random batches (seed %s)',
    async (seed) => {
      const random = createRandom(seed)
      const platform = await openTestPlatform()
      await register(platform, oneInstitution(cases.map(meterOf)))
      const sent = new Map(cases.map(({ id }) => [id, 0]))
      const take = ingest(platform)
      const settleNow = settle(platform)
      for (let waiting = cases; waiting.length > 0; ) {
        const readings = waiting.flatMap(({ id, readings: all }) => {
          const first = sent.get(id) ?? 0
          const end = Math.min(all.length, first + random.whole(0, Math.ceil(all.length / 3)))
          sent.set(id, end)
          return all.slice(first, end).map(([at, value]) => ({ meter: id, at, value }))
        })
        const payload = JSON.stringify({ v: 1, readings })
        const result = await take({ messages: [{ id: 'm', gateway: 'G-A', payload, receivedMs }] })
        expect(result).toEqual({ stored: readings.length, rejected: 0, failed: [] })
        expect(await settleNow({ shards: [SHARD] })).toEqual({ failed: [] })
        waiting = waiting.filter(({ id, readings: all }) => (sent.get(id) ?? 0) < all.length)
      }
      for (const { id, meter: described, truth } of cases) {
        const hours = await hoursOf(platform, id)
        expect(hours.map(([startMs, , flag]) => [startMs, flag])).toEqual(
          truth.hours.map(([startMs, , flag]) => [startMs, flag]),
        )
        for (const [index, [, kwh]] of truth.hours.entries()) {
          const [, amount] = hours[index]
          const want = kwh !== null && described.unit === 'GJ' ? kwh / KWH_PER_GJ : kwh
          if (want === null || amount === null) expect(amount, `${id} hour ${index}`).toBe(want)
          else
            expect(Math.abs(amount - want), `${id} hour ${index}`).toBeLessThanOrEqual(
              1e-9 * Math.max(1, Math.abs(want)),
            )
        }
      }
      const ids = cases.map(({ id }) => id)
      expect(await consumptionBytes(platform, ids)).toEqual(await settledFromScratch(platform, ids))
    },
  )
})

describe('bit by bit', () => {
  const START_MS = Date.UTC(2026, 4, 30, 16)
  const METERS = [
    meter('register', 'A', { intervalMinutes: 30, digits: 4 }),
    meter('replaced', 'A', {
      intervalMinutes: 30,
      replacements: [{ atMs: START_MS + 41.3 * HOUR_MS, finalValue: 500, startValue: 3 }],
    }),
    meter('daily', 'A', { intervalMinutes: 1440 }),
    meter('ends', 'A', { kind: 'interval', intervalMinutes: 60, stamp: 'end' }),
    meter('starts', 'A', { kind: 'interval', intervalMinutes: 15, stamp: 'start' }),
    meter('long', 'A', { kind: 'interval', intervalMinutes: 180, stamp: 'start', medium: 'heat', unit: 'kWh' }),
  ]

  /** Readings as they arrive: late, corrected, called suspect and taken back, with spikes, resets and holes. */
  function arrivals(seed: string): StoredReading[] {
    const random = createRandom(seed)
    const all = METERS.flatMap(({ id, kind, intervalMinutes, digits }) => {
      let register = random.between(0, 9_000)
      const count = intervalMinutes > 600 ? 8 : 90
      return Array.from({ length: count }, (_, n) => {
        const amount = random.between(0, 12)
        register = random.next() < 0.03 ? random.between(0, 50) : register + amount
        if (digits) register %= 10 ** digits
        const spiked = random.next() < 0.05 ? register + random.between(-2_000, 9_000) : register
        const jitterMs = kind === 'register' ? random.whole(-3, 3) * MINUTE_MS : 0
        const reading: StoredReading = {
          meter: id,
          atMs: START_MS + n * intervalMinutes * MINUTE_MS + jitterMs,
          value: Math.round((kind === 'interval' ? amount : spiked) * 100) / 100,
          quality: random.next() < 0.08 ? 'suspect' : 'good',
        }
        const isLate = random.next() < 0.15
        const hole = n % 40 > 33 && random.next() < 0.8
        return hole ? [] : { reading, order: n + (isLate ? random.between(0, 60) : random.between(0, 1)) }
      }).flat()
    })
    const again = all
      .filter(() => random.next() < 0.12)
      .map(({ reading, order }) => ({
        reading: {
          ...reading,
          value: random.next() < 0.5 ? reading.value : reading.value + random.between(-3, 3),
          quality: random.pick(['good', 'good', 'suspect'] as const),
        },
        order: order + random.between(0, 80),
      }))
    return [...all, ...again].sort((a, b) => a.order - b.order).map(({ reading }) => reading)
  }

  test.each(['a', 'b', 'c', 'd'].slice(0, runsOf({ test: 2, campaign: 4 })))(
    'equals at once, after every batch, byte for byte (seed %s)',
    async (seed) => {
      const random = createRandom(`batches/${seed}`)
      const platform = await openTestPlatform()
      await register(platform, oneInstitution(METERS))
      const settleNow = settle(platform)
      const waiting = arrivals(seed)
      const ids = METERS.map(({ id }) => id)
      for (let batch = 0; waiting.length > 0; batch++) {
        await platform.readings.append(waiting.splice(0, random.whole(1, 60)), platform.now())
        expect(await settleNow({ shards: [SHARD] })).toEqual({ failed: [] })
        if (batch % 5 === 0 || waiting.length === 0) {
          expect(await consumptionBytes(platform, ids)).toEqual(await settledFromScratch(platform, ids))
        }
      }
    },
  )
})

describe('what is opened again', () => {
  const DAY = dayOf(Date.UTC(2026, 4, 10))
  /** A reading every 15 minutes for 10 days, but for the hole from 20:00 of the sixth day to 04:00 of the seventh. */
  const inHole = (minute: number): boolean => minute > 5 * 1440 + 20 * 60 && minute < 6 * 1440 + 4 * 60
  const STANDING = Array.from({ length: 10 * 96 }, (_, n) => n * 15).filter((minute) => !inHole(minute))
  const at = (minute: number): number => dayStartMs(DAY) + minute * MINUTE_MS

  const cases: [name: string, minutes: number[], days: number[]][] = [
    ['a reading in the middle of a day', [3 * 1440 + 727], [3]],
    ['a corrected reading', [3 * 1440 + 720], [3]],
    ['a reading just after midnight', [4 * 1440 + 1], [3, 4]],
    ['a reading in a hole over midnight', [6 * 1440 + 30], [5, 6]],
    ['a reading after the last', [10 * 1440 + 10], [9, 10]],
    ['a reading before the first', [-20], [-1, 0]],
    ['a reading two days before the first', [-2 * 1440 + 5], [-2, -1, 0]],
  ]
  test.each(cases)('by %s are the days it touches, and no others', async (_, minutes, days) => {
    const platform = await openTestPlatform()
    await register(platform, oneInstitution([meter('M', 'A', { intervalMinutes: 15 })]))
    const reading = (minute: number, more = 0): StoredReading => ({
      meter: 'M',
      atMs: at(minute),
      value: 1_000 + minute / 10 + more,
      quality: 'good',
    })
    await platform.readings.append(
      STANDING.map((minute) => reading(minute)),
      platform.now(),
    )
    await settled(platform)
    await platform.readings.append(
      minutes.map((minute) => reading(minute, 0.25)),
      platform.now(),
    )
    const put: string[] = []
    const watched: Platform = {
      ...platform,
      consumption: {
        ...platform.consumption,
        put(rows) {
          put.push(...rows.map(({ day }) => dayLabel(day)))
          return platform.consumption.put(rows)
        },
      },
    }
    await settled(watched)
    expect(put.toSorted()).toEqual(days.map((day) => dayLabel(DAY + day)))
    const dirty = await documents(platform, 'dirty/')
    expect(dirty).toEqual({ 'dirty/130102': { A: ['2026-05'] } })
    expect(await consumptionBytes(platform, ['M'])).toEqual(await settledFromScratch(platform, ['M']))
    const again: string[] = put.splice(0)
    await settled(watched)
    expect([again.length > 0, put]).toEqual([true, []])
  })
})

describe('a process that is killed', () => {
  /** A folder with readings that are settled, and some that are not: late, corrected and new, at two institutions. */
  async function prepared(): Promise<string> {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    const hourly = (id: string, from: number, to: number, more = 0) =>
      Array.from({ length: to - from }, (_, n) => ({
        meter: id,
        at: NOON_MS - DAY_MS + (from + n) * HOUR_MS,
        value: 100 + (from + n) * 2 + more,
      }))
    await send(platform, 'G-A', [...hourly('A-E', 0, 10), ...hourly('A-E', 14, 20), ...hourly('A-W', 0, 20)])
    await settled(platform)
    await send(platform, 'G-A', [...hourly('A-E', 11, 13), ...hourly('A-W', 5, 6, 0.5), ...hourly('A-E', 20, 24)])
    await send(platform, 'G-B', hourly('B-E', 0, 24))
    await send(platform, 'G-D', hourly('D-E', 0, 24))
    await platform.close()
    return platform.folder
  }
  const METERS = ['A-E', 'A-W', 'B-E', 'D-E']
  const outcome = async (platform: Platform) => ({
    documents: await documents(platform),
    consumption: await consumptionBytes(platform, METERS),
  })
  async function copyOf(folder: string): Promise<TestPlatform> {
    const copy = mkdtempSync(join(tmpdir(), 'kilowatch-killed-'))
    cpSync(folder, copy, { recursive: true })
    return openTestPlatform(copy)
  }

  test('between any two steps of settling ends in the same state when it is run again', async () => {
    const folder = await prepared()
    const whole = await copyOf(folder)
    const counted = dyingPlatform(whole)
    await settled(counted)
    const want = await outcome(whole)
    expect(counted.calls()).toBeGreaterThan(8)
    for (let n = 1; n <= counted.calls(); n += runsOf({ test: 3, campaign: 1 })) {
      const platform = await copyOf(folder)
      const first = await settle(dyingPlatform(platform, n))({ shards: [] }).catch((error: Error) => error.message)
      expect(first, `call ${n}`).not.toEqual({ failed: [] })
      await settled(platform)
      expect(await outcome(platform), `killed before call ${n}`).toEqual(want)
      await platform.close()
    }
  })
})

describe('a registry that changes', () => {
  const RISING = Array.from({ length: 30 }, (_, n) => ({
    meter: 'M',
    at: NOON_MS - DAY_MS + n * 30 * MINUTE_MS,
    value: 100 + n,
  }))
  /** Readings of M, settled under one registration; then registered otherwise and settled again. */
  async function reregistered(first: Partial<Meter>, second: Partial<Meter>, readings = RISING): Promise<Platform> {
    const platform = await openTestPlatform()
    await register(platform, oneInstitution([meter('M', 'A', first)]))
    await send(platform, 'G-A', readings)
    await settled(platform)
    await register(platform, { meters: [meter('M', 'A', second)] })
    await settled(platform)
    return platform
  }
  test('of many meters gives the event loop a turn between any two of them', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `M${n}`)
    const metersOf = (more: Partial<Meter>) => ids.map((id) => meter(id, 'A', more))
    const platform = await openTestPlatform()
    await register(platform, oneInstitution(metersOf({})))
    const readings = ids.flatMap((id) => RISING.map((reading) => ({ ...reading, meter: id })))
    await send(platform, 'G-A', readings)
    await settled(platform)
    await register(platform, { meters: metersOf({ multiplier: 40 }) })
    const { get } = platform.consumption
    let [turns, isOver] = [0, false]
    const betweenTurns: number[] = []
    const turn = (): void => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    platform.consumption.get = (meters, ...span) => {
      if (meters.length === 1) betweenTurns.push(turns)
      return get(meters, ...span)
    }
    await settled(platform)
    isOver = true
    expect(betweenTurns.length).toBeGreaterThanOrEqual(ids.length)
    expect(new Set(betweenTurns).size).toBeGreaterThan(ids.length / 2)
  })

  /** What stands, without days on which nothing does. */
  const known = (bytes: Record<string, string>) =>
    Object.fromEntries(Object.entries(bytes).filter(([, row]) => !row.includes(` ${'ff'.repeat(24)} []`)))

  const fall = RISING.map((reading, n) => ({ ...reading, value: n < 15 ? reading.value : n }))
  const changes: [name: string, Partial<Meter>, Partial<Meter>, typeof RISING][] = [
    ['a multiplier', {}, { multiplier: 40 }, RISING],
    ['a unit', { unit: 'kWh' }, { unit: 'MWh' }, RISING],
    ['the digits of a register', {}, { digits: 3 }, fall],
    [
      'a replacement that is entered late',
      {},
      { replacements: [{ atMs: NOON_MS - DAY_MS + 14.5 * 30 * MINUTE_MS, finalValue: 115, startValue: 14 }] },
      fall,
    ],
    ['the stamp of intervals', { kind: 'interval', stamp: 'start' }, { kind: 'interval', stamp: 'end' }, RISING],
    [
      'the length of intervals',
      { kind: 'interval', intervalMinutes: 2880, stamp: 'end' },
      { kind: 'interval', intervalMinutes: 30, stamp: 'end' },
      RISING,
    ],
  ]
  test.each(changes)('by %s settles the past anew', async (_, first, second, readings) => {
    const platform = await reregistered(first, second, readings)
    expect(known(await consumptionBytes(platform, ['M']))).toEqual(await settledFromScratch(platform, ['M']))
  })

  test('does not settle again what stayed as it was', async () => {
    const platform = await reregistered({}, { name: 'a new name', role: 'check' })
    const before = await platform.state.get(settledKey(SHARD))
    expect(before?.version).toBe(1)
  })

  test('keeps the readings that a meter sent before settling knew of it', async () => {
    const platform = await openTestPlatform()
    await register(platform, oneInstitution([meter('M', 'A')]))
    await send(platform, 'G-A', RISING.slice(0, 5))
    // Settling reads the registry, and only then the new meter is registered and sends; the mark moves past its
    // readings.
    const late: Platform = {
      ...platform,
      readings: {
        ...platform.readings,
        async touchedSince(meters, mark) {
          if (mark === undefined) {
            await register(platform, { meters: [meter('N', 'A')] })
            await send(
              platform,
              'G-A',
              RISING.map((reading) => ({ ...reading, meter: 'N' })),
            )
          }
          return platform.readings.touchedSince(meters, mark)
        },
      },
    }
    await settled(late)
    expect(await hoursOf(platform, 'N')).toEqual([])
    await settled(platform)
    expect((await hoursOf(platform, 'N')).length).toBe(15)
    expect(await consumptionBytes(platform, ['M', 'N'])).toEqual(await settledFromScratch(platform, ['M', 'N']))
  })

  test('that moves an institution to another county settles on from where it stood', async () => {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    const readingsOf = (id: string, from: number, to: number) =>
      RISING.slice(from, to).map((reading) => ({ ...reading, meter: id }))
    for (const id of ['A', 'C']) await send(platform, `G-${id}`, readingsOf(`${id}-E`, 0, 10))
    await settled(platform)
    await send(platform, 'G-A', readingsOf('A-E', 10, 15))
    await register(platform, { institutions: [institution('A', '130104')] })
    await settled(platform)
    await send(platform, 'G-A', readingsOf('A-E', 15, 30))
    await settled(platform)
    const ids = ['A-E', 'C-E']
    expect(await consumptionBytes(platform, ids)).toEqual(await settledFromScratch(platform, ids))
    expect((await hoursOf(platform, 'A-E')).every(([, amount]) => amount !== null && Math.abs(amount - 2) < 2)).toBe(
      true,
    )
    await register(platform, { institutions: [institution('A', SHARD)] })
    await send(platform, 'G-A', [{ meter: 'A-E', at: NOON_MS, value: 200 }])
    await settled(platform)
    expect(await consumptionBytes(platform, ids)).toEqual(await settledFromScratch(platform, ids))
  })
})

test('a first or last reading that is taken back as suspect takes its hours with it', async () => {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('M', 'A')]))
  const reading = (hour: number, quality = 'good') => ({
    meter: 'M',
    at: NOON_MS - DAY_MS + hour * HOUR_MS,
    value: 100 + hour,
    quality,
  })
  await send(
    platform,
    'G-A',
    [0, 6, 7, 8, 9, 30].map((hour) => reading(hour)),
  )
  platform.clock.nowMs = NOON_MS + 2 * DAY_MS
  await send(platform, 'G-A', [reading(30)])
  await settled(platform)
  expect((await hoursOf(platform, 'M')).length).toBe(30)
  await send(platform, 'G-A', [reading(0, 'suspect'), reading(30, 'suspect')])
  await settled(platform)
  expect((await hoursOf(platform, 'M')).map(([startMs]) => (startMs - NOON_MS + DAY_MS) / HOUR_MS)).toEqual([6, 7, 8])
  expect(await consumptionBytes(platform, ['M'])).toEqual(await settledFromScratch(platform, ['M']))
})

test('a shard that cannot be settled is named, and the others are settled', async () => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  for (const id of ['A', 'D']) {
    await send(
      platform,
      `G-${id}`,
      [0, 1].map((n) => ({ meter: `${id}-E`, at: NOON_MS - n * HOUR_MS, value: 10 - n })),
    )
  }
  const broken: Platform = {
    ...platform,
    readings: {
      ...platform.readings,
      async range(meters, fromMs, toMs) {
        if (meters.includes('A-E')) throw new Error('the disk is gone')
        return platform.readings.range(meters, fromMs, toMs)
      },
    },
  }
  const result = await settle(broken)({ shards: [] })
  expect(result.failed).toEqual([{ shard: '130102', reason: 'the disk is gone' }])
  expect((await hoursOf(platform, 'D-E')).length).toBe(1)
  await settled(platform)
  expect((await hoursOf(platform, 'A-E')).length).toBe(1)
})

test('two that settle one shard at the same time do it no harm', async () => {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('M', 'A')]))
  await send(
    platform,
    'G-A',
    [0, 1, 2].map((n) => ({ meter: 'M', at: NOON_MS - n * HOUR_MS, value: 10 - n })),
  )
  await Promise.all([settle(platform)({ shards: [SHARD] }), settle(platform)({ shards: [SHARD] })])
  await settled(platform)
  expect((await hoursOf(platform, 'M')).length).toBe(2)
  expect(await consumptionBytes(platform, ['M'])).toEqual(await settledFromScratch(platform, ['M']))
})
