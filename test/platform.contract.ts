// What every platform must keep (functions/platform.ts), as one suite that is given a way to open one. It talks to the
// ports only, so that the same facts are proved of each store; test/local/platform.test.ts runs all of it, the tests of
// test/cloud/ that part which their servers stand for.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRandom } from '../devices/random.ts'
import { NO_HOUR } from '../domain/hours.ts'
import { SENT_UNITS } from '../domain/wire/sent-unit.ts'
import {
  type ConsumptionDay,
  type DocWrite,
  docKey,
  type Platform,
  type QueueName,
  type ShardResult,
  type StoredReading,
  VersionConflict,
} from '../functions/platform.ts'
import { sumsOf } from '../functions/settling/sum.ts'

/** The ports that keep things. */
export type Stores = Pick<Platform, 'readings' | 'consumption' | 'state' | 'objects'>
/** A platform that is open. */
export interface OpenedStores {
  platform: Stores
  close(): Promise<void>
}
export interface OpenedPlatform extends OpenedStores {
  platform: Platform
  /** Sets who works on a queue of the fan-out. */
  serve(queue: QueueName, handler: (shards: readonly string[]) => Promise<ShardResult>): void
}
/** Where a platform keeps its data: opened again, it finds what was there. */
export interface Place<Opened extends OpenedStores> {
  open(): Promise<Opened>
  /** Takes everything away. */
  remove(): Promise<void>
}

const T0 = Date.UTC(2026, 2, 1)
const MINUTE = 60_000

const reading = (
  meter: string,
  minute: number,
  value: number,
  quality: StoredReading['quality'] = 'good',
): StoredReading => ({
  meter,
  atMs: T0 + minute * MINUTE,
  value,
  quality,
})

export function platformContract(name: string, newPlace: () => Promise<Place<OpenedPlatform>>): void {
  storesContract(name, newPlace)
  fanOutContract(name, newPlace)
}

/** `stores`: those of the place that no other place opens; all of them when nothing is said. */
export function storesContract(
  name: string,
  newPlace: () => Promise<Place<OpenedStores>>,
  stores: readonly (keyof Stores)[] = ['readings', 'consumption', 'state', 'objects'],
): void {
  const describeStore = (store: keyof Stores, tests: () => void): void => {
    if (stores.includes(store)) describe(store, tests)
  }
  describe(name, () => {
    let place: Place<OpenedStores>
    let opened: OpenedStores
    let platform: Stores
    const reopen = async (): Promise<void> => {
      await opened.close()
      opened = await place.open()
      platform = opened.platform
    }
    beforeEach(async () => {
      place = await newPlace()
      opened = await place.open()
      platform = opened.platform
    })
    afterEach(async () => {
      await opened.close()
      await place.remove()
    })

    /** Samples of one meter over all times, as [minute, value]. */
    const samplesOf = async (meter: string, fromMinute = Number.NEGATIVE_INFINITY, toMinute = Infinity) => {
      const found = await platform.readings.range([meter], T0 + fromMinute * MINUTE, T0 + toMinute * MINUTE)
      const samples = found.get(meter)
      return samples && Array.from(samples.atMs, (atMs, i) => [(atMs - T0) / MINUTE, samples.value[i]])
    }

    describeStore('readings', () => {
      const receivedAt = (minute: number) => T0 + minute * MINUTE

      test('are found again after reopening, exactly', async () => {
        await platform.readings.append([reading('m1', 0, 0.1 + 0.2), reading('m2', 0, -1e-300)], receivedAt(1))
        await platform.readings.append([reading('m1', 15, 123_456_789.01)], receivedAt(16))
        await reopen()
        expect(await samplesOf('m1')).toEqual([
          [0, 0.1 + 0.2],
          [15, 123_456_789.01],
        ])
        expect(await samplesOf('m2')).toEqual([[0, -1e-300]])
      })

      test('count once for one meter and time: the one received last holds', async () => {
        await platform.readings.append([reading('m1', 0, 1), reading('m1', 15, 2)], receivedAt(1))
        await platform.readings.append([reading('m1', 0, 10)], receivedAt(2))
        await platform.readings.append([reading('m1', 0, 100)], receivedAt(3))
        expect(await samplesOf('m1')).toEqual([
          [0, 100],
          [15, 2],
        ])
        expect(await platform.readings.count(['m1'])).toBe(2)
      })

      test('within one batch, the later in the batch was received last', async () => {
        await platform.readings.append(
          [reading('m1', 0, 1), reading('m1', 15, 5), reading('m1', 0, 2), reading('m1', 0, 3)],
          receivedAt(1),
        )
        expect(await samplesOf('m1')).toEqual([
          [0, 3],
          [15, 5],
        ])
      })

      test('that arrive out of order come out sorted by time', async () => {
        await platform.readings.append([reading('m1', 45, 4), reading('m1', 15, 2)], receivedAt(60))
        await platform.readings.append([reading('m1', 30, 3), reading('m1', 0, 1)], receivedAt(61))
        expect(await samplesOf('m1')).toEqual([
          [0, 1],
          [15, 2],
          [30, 3],
          [45, 4],
        ])
      })

      test('called suspect are left out, though they stand in the history', async () => {
        const batch = [reading('m1', 0, 1), reading('m1', 15, 9, 'suspect'), reading('m1', 30, 3, 'estimated')]
        await platform.readings.append(batch, receivedAt(31))
        await platform.readings.append([reading('only', 0, 1, 'suspect')], receivedAt(31))
        expect(await samplesOf('m1')).toEqual([
          [0, 1],
          [30, 3],
        ])
        expect(await samplesOf('only')).toBeUndefined()
        const history = await platform.readings.history('m1', T0, T0 + 60 * MINUTE)
        expect(history.map(({ quality }) => quality)).toEqual(['good', 'suspect', 'estimated'])
      })

      test('sent again as suspect take the good one away, and sent again as good bring it back', async () => {
        await platform.readings.append([reading('m1', 0, 1), reading('m1', 15, 2)], receivedAt(16))
        await platform.readings.append([reading('m1', 15, 2, 'suspect')], receivedAt(17))
        expect(await samplesOf('m1')).toEqual([[0, 1]])
        await platform.readings.append([reading('m1', 15, 2.5)], receivedAt(18))
        expect(await samplesOf('m1')).toEqual([
          [0, 1],
          [15, 2.5],
        ])
      })

      test('keep the unit they were sent in: another is a correction, and none is the register’s own', async () => {
        const inUnit = (minute: number, value: number, unit: string) => ({ ...reading('m1', minute, value), unit })
        await platform.readings.append([reading('m1', 0, 1), inUnit(15, 2, 'MWh')], receivedAt(16))
        await platform.readings.append([inUnit(0, 1, 'm³'), reading('m2', 0, 1)], receivedAt(17))
        await reopen()
        const found = await platform.readings.range(['m1', 'm2'], T0, T0 + 60 * MINUTE)
        expect([...(found.get('m1')?.unit ?? [])].map((number) => SENT_UNITS[number])).toEqual(['m³', 'MWh'])
        expect([...(found.get('m1')?.value ?? [])]).toEqual([1, 2])
        expect(found.get('m2')).not.toHaveProperty('unit')
        const history = await platform.readings.history('m1', T0, T0 + 60 * MINUTE)
        expect(history.map(({ value, unit }) => [value, unit])).toEqual([
          [1, undefined],
          [2, 'MWh'],
          [1, 'm³'],
        ])
        expect((await platform.readings.history('m2', T0, T0 + 1))[0]).not.toHaveProperty('unit')
      })

      test('are given for fromMs ≤ at < toMs, of the meters asked for and no others', async () => {
        const minutes = [0, 15, 30, 45]
        await platform.readings.append(
          minutes.flatMap((minute) => [reading('m1', minute, minute), reading('m2', minute, 2 * minute)]),
          receivedAt(46),
        )
        expect(await samplesOf('m1', 15, 45)).toEqual([
          [15, 15],
          [30, 30],
        ])
        expect([...(await platform.readings.range(['m1', 'm1', 'nobody'], T0, Infinity)).keys()]).toEqual(['m1'])
        const touched = await platform.readings.touchedSince(['m2', 'm2'], undefined)
        expect(touched.touched.map(({ meter }) => meter)).toEqual(['m2'])
        expect(await platform.readings.count(['m1', 'm1'])).toBe(4)
      })

      test('of one value at every time keep every time', async () => {
        const batch = Array.from({ length: 5_000 }, (_, minute) => reading('still', minute, 7))
        await platform.readings.append(batch, receivedAt(5_000))
        expect(await samplesOf('still')).toEqual(batch.map((_, minute) => [minute, 7]))
      })

      test('corrected across tens of thousands of others hold their last value', async () => {
        const meters = Array.from({ length: 20 }, (_, i) => `m${i}`)
        for (const [round, quality] of (['good', 'suspect', 'good'] as const).entries()) {
          const batch = meters.flatMap((meter) =>
            Array.from({ length: 1_000 }, (_, minute) => reading(meter, minute, round * 1_000 + minute, quality)),
          )
          await platform.readings.append(batch, receivedAt(1_000 + round))
        }
        const found = await platform.readings.range(meters, -Infinity, Infinity)
        expect(found.size).toBe(meters.length)
        for (const { value } of found.values()) {
          expect(Array.from(value)).toEqual(Array.from({ length: 1_000 }, (_, minute) => 2_000 + minute))
        }
        expect(await platform.readings.count(meters)).toBe(20_000)
      })

      test('have a history in order of arrival, within the times asked for', async () => {
        await platform.readings.append([reading('m1', 0, 1), reading('m1', 60, 7)], receivedAt(10))
        await platform.readings.append([reading('m1', 15, 5), reading('m1', 0, 2)], receivedAt(20))
        const history = await platform.readings.history('m1', T0, T0 + 60 * MINUTE)
        expect(history.map(({ atMs, value }) => [(atMs - T0) / MINUTE, value])).toEqual([
          [0, 1],
          [15, 5],
          [0, 2],
        ])
        expect(history[0].receivedMs).toBe(receivedAt(10))
        expect(await platform.readings.history('nobody', 0, Infinity)).toEqual([])
      })

      test.each([
        ['stands still', [5, 5, 5]],
        ['goes backwards', [9, 4, 1]],
      ])('keep their order of arrival when the clock %s', async (_, clock) => {
        for (const [value, minute] of clock.entries()) {
          const { mark } = await platform.readings.touchedSince(['m1'], undefined)
          await platform.readings.append([reading('m1', 0, value)], receivedAt(minute))
          expect((await platform.readings.touchedSince(['m1'], mark)).touched).toHaveLength(1)
        }
        expect(await samplesOf('m1')).toEqual([[0, clock.length - 1]])
        await reopen()
        const { mark } = await platform.readings.touchedSince(['m1'], undefined)
        await platform.readings.append([reading('m1', 0, 77)], receivedAt(-60))
        expect(await samplesOf('m1')).toEqual([[0, 77]])
        expect((await platform.readings.touchedSince(['m1'], mark)).touched).toMatchObject([{ count: 1 }])
      })

      test('touched since a mark are told with their range and count, once', async () => {
        const first = await platform.readings.touchedSince(['m1', 'm2'], undefined)
        expect(first.touched).toEqual([])
        await platform.readings.append([reading('m1', 30, 1), reading('m1', 0, 1), reading('m2', 5, 1)], receivedAt(31))
        const second = await platform.readings.touchedSince(['m1', 'm2'], first.mark)
        expect(second.touched.toSorted((a, b) => a.meter.localeCompare(b.meter))).toEqual([
          { meter: 'm1', fromMs: T0, toMs: T0 + 30 * MINUTE, count: 2 },
          { meter: 'm2', fromMs: T0 + 5 * MINUTE, toMs: T0 + 5 * MINUTE, count: 1 },
        ])
        expect((await platform.readings.touchedSince(['m1', 'm2'], second.mark)).touched).toEqual([])
        expect((await platform.readings.touchedSince(['m2'], undefined)).touched).toHaveLength(1)
      })

      test('marks survive reopening', async () => {
        await platform.readings.append([reading('m1', 0, 1)], receivedAt(1))
        const { mark } = await platform.readings.touchedSince(['m1'], undefined)
        await reopen()
        expect((await platform.readings.touchedSince(['m1'], mark)).touched).toEqual([])
        await platform.readings.append([reading('m1', 15, 2)], receivedAt(16))
        await reopen()
        expect((await platform.readings.touchedSince(['m1'], mark)).touched).toMatchObject([{ meter: 'm1', count: 1 }])
      })

      test('appended while marks are taken are each told once: none missed, none twice', async () => {
        const meters = ['m1', 'm2', 'm3']
        const batches = 40
        let told = 0
        // With a mark in hand from the start: who asks for all that ever came while more comes in may be told it again.
        let { mark } = await platform.readings.touchedSince(meters, undefined)
        let appending = true
        const take = async (): Promise<void> => {
          const since = await platform.readings.touchedSince(meters, mark)
          mark = since.mark
          told += since.touched.reduce((sum, { count }) => sum + count, 0)
        }
        const appends = Promise.all(
          Array.from({ length: batches }, (_, n) =>
            platform.readings.append(
              meters.map((meter) => reading(meter, n, n)),
              receivedAt(n % 7),
            ),
          ),
        ).then(() => {
          appending = false
        })
        while (appending) {
          await take()
          await nextTurn()
        }
        await appends
        await take()
        expect(told).toBe(batches * meters.length)
        // Batches that wait for one another are received in the order of the calls.
        await Promise.all(
          [1, 2, 3].map((value) => platform.readings.append([reading('m1', 0, value)], receivedAt(9 - value))),
        )
        expect((await samplesOf('m1'))?.[0]).toEqual([0, 3])
      })

      test('asked for with nothing, or of meters unknown, are none', async () => {
        await platform.readings.append([], receivedAt(0))
        for (const meters of [[], ['nobody']]) {
          expect((await platform.readings.touchedSince(meters, undefined)).touched).toEqual([])
          expect((await platform.readings.range(meters, 0, Infinity)).size).toBe(0)
          expect(await platform.readings.count(meters)).toBe(0)
        }
        const { mark } = await platform.readings.touchedSince(['late'], undefined)
        await platform.readings.append([reading('late', 0, 1)], receivedAt(0))
        expect((await platform.readings.touchedSince(['late'], mark)).touched).toHaveLength(1)
      })
    })

    describeStore('consumption', () => {
      const dayRow = (meter: string, day: number, first: number, flag = 0): ConsumptionDay => ({
        meter,
        day,
        amounts: Float64Array.from({ length: 24 }, (_, hour) => (hour % 5 === 4 ? Number.NaN : first + hour / 3)),
        flags: Uint8Array.from({ length: 24 }, (_, hour) => (hour % 5 === 4 ? NO_HOUR : flag)),
        events: [],
      })
      const plain = (rows: readonly ConsumptionDay[]) =>
        rows.map(({ meter, day, amounts, flags, events }) => ({
          meter,
          day,
          amounts: Array.from(amounts),
          flags: Array.from(flags),
          events,
        }))

      test('keeps amounts, unknown hours, flags and events through reopening', async () => {
        const events = [{ kind: 'reset', atMs: T0, untilMs: T0 + 1, before: 5.5, after: 0 }] as const
        const rows = [{ ...dayRow('m1', 20_000, -0.1, 3), events }, dayRow('m1', 20_001, 1e-9, 5)]
        await platform.consumption.put(rows)
        await reopen()
        expect(plain(await platform.consumption.get(['m1'], 20_000, 20_002))).toEqual(plain(rows))
      })

      test('is replaced by whole days', async () => {
        await platform.consumption.put([
          { ...dayRow('m1', 20_000, 1), events: [{ kind: 'replacement', atMs: T0, finalValue: 1, startValue: 0 }] },
        ])
        const again = dayRow('m1', 20_000, 50, 2)
        await platform.consumption.put([again])
        expect(plain(await platform.consumption.get(['m1'], 20_000, 20_001))).toEqual(plain([again]))
      })

      test('is summed day by day, to the last bit as its hours are', async () => {
        const none = { ...dayRow('c', 20_001, 0), amounts: new Float64Array(24).fill(Number.NaN) }
        const rows = [
          ...['a', 'b'].flatMap((meter) => [20_000, 20_001, 20_002].map((day) => dayRow(meter, day, day / 7))),
          none,
        ]
        await platform.consumption.put(rows)
        await platform.consumption.put([dayRow('b', 20_001, 0.1)])
        await reopen()
        const sums = await platform.consumption.sums(['b', 'nobody', 'a', 'c'], 20_001, 20_003)
        const days = await platform.consumption.get(['b', 'nobody', 'a', 'c'], 20_001, 20_003)
        expect(sums).toEqual(sumsOf(days, 20_001, 20_003))
        expect([...sums.keys()].toSorted()).toEqual(['a', 'b', 'c'])
        expect(sums.get('c')).toEqual({ amounts: new Float64Array(2), hoursKnown: new Uint8Array(2) })
        expect(sums.get('b')?.hoursKnown.reduce((all, hours) => all + hours)).toBe(40)
        expect(await platform.consumption.sums(['a'], 20_002, 20_002)).toEqual(new Map())
      })

      test('is given for fromDay ≤ day < toDay, by meter as asked and by day', async () => {
        const rows = ['b', 'a'].flatMap((meter) => [20_003, 20_001, 20_002].map((day) => dayRow(meter, day, day)))
        await platform.consumption.put(rows)
        const found = await platform.consumption.get(['b', 'nobody', 'a'], 20_001, 20_003)
        expect(found.map(({ meter, day }) => [meter, day])).toEqual([
          ['b', 20_001],
          ['b', 20_002],
          ['a', 20_001],
          ['a', 20_002],
        ])
        expect(await platform.consumption.get(['a'], 20_002, 20_002)).toEqual([])
        expect(await platform.consumption.get([], 0, 30_000)).toEqual([])
      })

      test('is the same to the last bit, read alone or with any others', async () => {
        const random = createRandom('bytes')
        const meters = Array.from({ length: 60 }, (_, n) => `m${n}`)
        const rows = meters.flatMap((meter, n) =>
          [20_000, 20_001, 20_002]
            .filter((day) => (n + day) % 4 > 0)
            .map((day) => ({
              ...dayRow(meter, day, 0, n),
              // Any bytes but a second kind of NaN, which nothing tells apart.
              amounts: Float64Array.from({ length: 24 }, () => random.between(-1, 1) * 10 ** random.between(-300, 300)),
              events: n % 7 === 0 ? [{ kind: 'spike', atMs: T0 + n, value: n, before: 0, after: 1 } as const] : [],
            })),
        )
        await platform.consumption.put(rows)
        for (const asked of [meters, meters.toReversed(), meters.filter((_, n) => n % 5 < 2), ['m3', 'm59', 'm4']]) {
          const together = await platform.consumption.get(asked, 20_000, 20_003)
          const expected = asked.flatMap((meter) => rows.filter((row) => row.meter === meter))
          expect(plain(together)).toEqual(plain(expected))
        }
      })

      test('is the reader’s own: changing a row changes nothing that is stored', async () => {
        await platform.consumption.put([dayRow('m1', 20_000, 1)])
        const [first] = await platform.consumption.get(['m1'], 20_000, 20_001)
        first.amounts.fill(99)
        const [second] = await platform.consumption.get(['m1'], 20_000, 20_001)
        expect(second.amounts[0]).toBe(1)
      })

      test('is taken in thousands of rows at once, and none', async () => {
        await platform.consumption.put([])
        const rows = Array.from({ length: 5_000 }, (_, n) => dayRow(`m${n % 100}`, 20_000 + Math.floor(n / 100), n))
        await platform.consumption.put(rows)
        const found = await platform.consumption.get(['m99'], 20_000, 20_050)
        expect(found.map(({ amounts }) => amounts[0])).toEqual(Array.from({ length: 50 }, (_, n) => n * 100 + 99))
      })
    })

    describeStore('state', () => {
      const put = (...docs: DocWrite[]) => platform.state.put(docs)
      const keysOf = async (prefix: string, options?: { after?: string; limit?: number; descending?: true }) =>
        (await platform.state.query(docKey(prefix), options)).map(({ key }) => key)

      test('keeps documents through reopening, with versions that begin at 1 and rise by one', async () => {
        await put({ key: 'a', value: { nested: [1, null, '二'] } })
        expect(await platform.state.get(docKey('a'))).toEqual({
          key: 'a',
          value: { nested: [1, null, '二'] },
          version: 1,
        })
        await put({ key: 'a', value: 'x' })
        await put({ key: 'a', value: 'x' })
        await reopen()
        expect(await platform.state.get(docKey('a'))).toEqual({ key: 'a', value: 'x', version: 3 })
        expect(await platform.state.get(docKey('b'))).toBeUndefined()
      })

      test('writes under a version only when that version stands', async () => {
        await put({ key: 'a', value: 1, ifVersion: 0 })
        await expect(put({ key: 'a', value: 2, ifVersion: 0 })).rejects.toThrow(VersionConflict)
        await expect(put({ key: 'a', value: 2, ifVersion: 2 })).rejects.toThrow(/"a"/)
        await expect(put({ key: 'new', value: 2, ifVersion: 1 })).rejects.toThrow(VersionConflict)
        await put({ key: 'a', value: 3, ifVersion: 1 })
        expect(await platform.state.get(docKey('a'))).toEqual({ key: 'a', value: 3, version: 2 })
        expect(await platform.state.get(docKey('new'))).toBeUndefined()
      })

      test('of writers that race under one version, one wins', async () => {
        await put({ key: 'a', value: 'start' })
        const outcomes = await Promise.allSettled([1, 2, 3, 4].map((value) => put({ key: 'a', value, ifVersion: 1 })))
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect((await platform.state.get(docKey('a')))?.version).toBe(2)
      })

      test('writes all of a put or nothing, where it is no larger than a transaction', async () => {
        await put({ key: 'a', value: 1 })
        const many = Array.from({ length: 98 }, (_, n) => ({ key: `n/${n}`, value: n }))
        await expect(put(...many, { key: 'a', value: 2, ifVersion: 9 }, { key: 'z', value: 1 })).rejects.toThrow(/"a"/)
        expect(await keysOf('n/')).toEqual([])
        await put(...many, { key: 'a', value: 2, ifVersion: 1 }, { key: 'z', value: 1 })
        expect(await keysOf('n/')).toHaveLength(98)
        expect((await platform.state.get(docKey('a')))?.version).toBe(2)
      })

      test.each([{ derived: true }, {}])(
        'writes larger puts (%o) whole, and nothing when a version is another already',
        async (options) => {
          const many = Array.from({ length: 250 }, (_, n) => ({ key: `n/${n}`, value: n }))
          const late = { key: 'head', value: 'late', ifVersion: 1 }
          await expect(platform.state.put([...many, late], options)).rejects.toThrow(VersionConflict)
          expect(await keysOf('n/')).toEqual([])
          await platform.state.put([...many, { ...late, ifVersion: 0 }], options)
          expect(await keysOf('n/')).toHaveLength(250)
          expect((await platform.state.getMany([docKey('n/249'), docKey('head')])).map(({ value }) => value)).toEqual([
            249,
            'late',
          ])
        },
      )

      test('keeps documents of any size, and what replaces them', async () => {
        const random = createRandom('document')
        const large = { text: Array.from({ length: 60_000 }, () => random.between(0, 1)) }
        const long = { text: '能耗'.repeat(2_000) }
        for (const [at, value] of [long, large, { ...large, more: 1 }, long, 'short'].entries()) {
          await put({ key: 'd/x', value, ifVersion: at }, { key: 'd/y', value })
          expect((await platform.state.get(docKey('d/x')))?.value).toEqual(value)
          expect((await platform.state.query(docKey('d/'))).map((doc) => doc.value)).toEqual([value, value])
        }
        await put({ key: 'd/x', value: large })
        await platform.state.delete(['d/x'])
        expect(await keysOf('d/')).toEqual(['d/y'])
      })

      test('of a key that is empty or very long finds nothing', async () => {
        for (const key of ['', 'k'.repeat(5_000)]) {
          expect(await platform.state.get(docKey(key))).toBeUndefined()
          expect(await platform.state.getMany([docKey(key)])).toEqual([])
          await platform.state.delete([key])
        }
      })

      test('finds many by key in the order of the keys, without those that are not there', async () => {
        await put({ key: 'b', value: 2 }, { key: 'a', value: 1 }, { key: 'c', value: 3 })
        const found = await platform.state.getMany([docKey('c'), docKey('nobody'), docKey('a')])
        expect(found.map(({ key, value, version }) => [key, value, version])).toEqual([
          ['c', 3, 1],
          ['a', 1, 1],
        ])
        expect(await platform.state.getMany([])).toEqual([])
      })

      test('deletes, and what is written again begins at version 1', async () => {
        await put({ key: 'a', value: 1 }, { key: 'b', value: 1 })
        await platform.state.delete(['a', 'nobody'])
        await platform.state.delete([])
        expect(await platform.state.get(docKey('a'))).toBeUndefined()
        await put({ key: 'a', value: 2, ifVersion: 0 })
        expect((await platform.state.get(docKey('a')))?.version).toBe(1)
        expect(await keysOf('')).toEqual(['a', 'b'])
      })

      test('queries by the start of the key: a prefix without its slash also finds longer names', async () => {
        await put(...['a/1', 'a/1/x', 'a/10', 'a/10/x', 'a/2', 'a', 'b/1'].map((key) => ({ key, value: key })))
        expect(await keysOf('a/1/')).toEqual(['a/1/x'])
        expect(await keysOf('a/1')).toEqual(['a/1', 'a/1/x', 'a/10', 'a/10/x'])
        expect(await keysOf('a/')).toEqual(['a/1', 'a/1/x', 'a/10', 'a/10/x', 'a/2'])
        expect(await keysOf('c/')).toEqual([])
      })

      test('pages a query forwards and backwards', async () => {
        const keys = Array.from({ length: 25 }, (_, n) => `p/${String(n).padStart(2, '0')}`)
        await put(...keys.map((key) => ({ key, value: key })), { key: 'o/99', value: 0 }, { key: 'q/00', value: 0 })
        for (const descending of [undefined, true] as const) {
          const seen: string[] = []
          for (let page = await keysOf('p/', { limit: 10, descending }); page.length > 0; ) {
            expect(page.length).toBeLessThanOrEqual(10)
            seen.push(...page)
            page = await keysOf('p/', { limit: 10, after: page.at(-1), descending })
          }
          expect(seen).toEqual(descending ? keys.toReversed() : keys)
        }
        expect(await keysOf('p/', { after: 'a' })).toEqual(keys)
      })

      test('finds a page wherever a handler asks for one: by subject, by collection, from either end', async () => {
        const keys = ['13', '1301', '1302'].flatMap((area) =>
          ['a', 'b', 'c'].flatMap((id) => [
            `summary/${area}/${id}`,
            `registry/shard/${area}/meter/${id}`,
            `rejection/${area}/${id}`,
          ]),
        )
        await put(...keys.map((key) => ({ key, value: key })))
        for (const prefix of [
          'summary/',
          'summary/1301/',
          'registry/',
          'registry/shard/13',
          'registry/shard/13/meter/',
          'rejection/',
        ]) {
          const own = keys.filter((key) => key.startsWith(prefix)).sort()
          expect(await keysOf(prefix)).toEqual(own)
          for (const after of [own[0], own[1], `${own[1]}!`, 'a', 'z']) {
            const beyond = own.filter((key) => key > after)
            expect(await keysOf(prefix, { after, limit: 2 })).toEqual(beyond.slice(0, 2))
            const before = own.filter((key) => key < after).reverse()
            expect(await keysOf(prefix, { after, limit: 2, descending: true })).toEqual(before.slice(0, 2))
          }
        }
      })

      test('takes keys in any script, in the order of their code points', async () => {
        const keys = ['u/a', 'u/é', 'u/石家庄', 'u/\uFF21', 'u/\u{1F3EB}']
        await put(...keys.toReversed().map((key) => ({ key, value: key })))
        expect(await keysOf('u/')).toEqual(keys)
        expect(await keysOf('u/石')).toEqual(['u/石家庄'])
        expect((await platform.state.get(docKey('u/\u{1F3EB}')))?.value).toBe('u/\u{1F3EB}')
      })
    })

    describeStore('objects', () => {
      const bytes = (text: string) => Buffer.from(text)
      const put = (key: string, text: string) =>
        platform.objects.put(key, bytes(text), { contentType: 'text/plain; charset=utf-8' })
      const read = async (key: string) => {
        const found = await platform.objects.get(key)
        return found && Buffer.from(found).toString()
      }

      test('are found again after reopening, replaced whole, and gone when deleted', async () => {
        expect(await read('reports/2026-11/全省.csv')).toBeUndefined()
        await put('reports/2026-11/全省.csv', 'long, and longer')
        await put('reports/2026-11/全省.csv', 'short')
        await put('reports/2026-12/empty', '')
        await reopen()
        expect(await read('reports/2026-11/全省.csv')).toBe('short')
        expect(await read('reports/2026-12/empty')).toBe('')
        expect(await read('reports')).toBeUndefined()
        await platform.objects.delete('reports/2026-11/全省.csv')
        await platform.objects.delete('reports/2026-11/全省.csv')
        expect(await read('reports/2026-11/全省.csv')).toBeUndefined()
      })

      test('keep every byte', async () => {
        const all = Uint8Array.from({ length: 100_000 }, (_, n) => (n * 31) % 256)
        await platform.objects.put('bytes', all, { contentType: 'application/octet-stream' })
        expect(Buffer.compare((await platform.objects.get('bytes')) ?? bytes(''), all)).toBe(0)
      })

      test('of no proper path are refused', async () => {
        const long = 'k'.repeat(2_000)
        for (const key of ['', '/etc/passwd', 'a/../../b', 'a//b', 'a/', '.hidden', 'a\\b', 'a\0b', 'C:/x', long]) {
          await expect(put(key, 'x'), key).rejects.toThrow(RangeError)
          await expect(read(key), key).rejects.toThrow(RangeError)
          await expect(platform.objects.delete(key), key).rejects.toThrow(RangeError)
        }
      })
    })
  })
}

export function fanOutContract(name: string, newPlace: () => Promise<Place<OpenedPlatform>>): void {
  describe(name, () => {
    let place: Place<OpenedPlatform>
    let opened: OpenedPlatform
    let platform: Platform
    beforeEach(async () => {
      place = await newPlace()
      opened = await place.open()
      platform = opened.platform
    })
    afterEach(async () => {
      await opened.close()
      await place.remove()
    })

    describe('fan-out', () => {
      /** Serves a queue and tells when `enough` says so of the deliveries so far. */
      const served = (
        queue: QueueName,
        enough: (deliveries: string[][]) => boolean,
        answer: (shards: readonly string[], nth: number) => Promise<ShardResult> = async () => ({ failed: [] }),
      ): Promise<string[][]> => {
        const deliveries: string[][] = []
        return new Promise((resolve) => {
          opened.serve(queue, async (shards) => {
            deliveries.push([...shards])
            const result = await answer(shards, deliveries.length)
            if (enough(deliveries)) resolve(deliveries)
            return result
          })
        })
      }

      test('delivers every shard at least once, and one that waits only once', async () => {
        for (const shards of [['a', 'b'], ['a'], ['c', 'a'], []]) await platform.fanOut.send('settle', shards)
        const deliveries = await served('settle', (so) => ['a', 'b', 'c'].every((shard) => so.flat().includes(shard)))
        expect(deliveries.flat().toSorted()).toEqual(['a', 'b', 'c'])
      })

      test('delivers a shard again that was sent while it was worked on', async () => {
        const done = served(
          'assess',
          (so) => so.length === 2,
          async (_, nth) => {
            if (nth === 1) await platform.fanOut.send('assess', ['a'])
            return { failed: [] }
          },
        )
        await platform.fanOut.send('assess', ['a'])
        expect(await done).toEqual([['a'], ['a']])
      })

      test.each([
        ['are named as failed', async () => ({ failed: [{ shard: 'b', reason: 'busy' }] }), [['a', 'b'], ['b']]],
        [
          'throw',
          () => Promise.reject(new Error('down')),
          [
            ['a', 'b'],
            ['a', 'b'],
          ],
        ],
      ] as const)('delivers again the shards that %s', async (_, failure, want) => {
        const done = served(
          'rollup',
          (so) => so.length === 2,
          (_shards, nth) => (nth === 1 ? failure() : Promise.resolve({ failed: [] })),
        )
        await platform.fanOut.send('rollup', ['a', 'b'])
        expect((await done).map((shards) => shards.toSorted())).toEqual(want)
      })
    })
  })
}
