// Timestream when it does not behave: throttled for minutes, half a batch rejected, a kill between its write and the
// ledger's, writes that queries do not see yet. No reading is lost, none counted twice.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isMeterId, pointNs, quotedIds } from '../../cloud/series/arrival.ts'
import { openTimestreamConsumption } from '../../cloud/series/timestream/consumption.ts'
import { openTimestreamReadings } from '../../cloud/series/timestream/readings.ts'
import { openTouchedLedger } from '../../cloud/series/touched-ledger.ts'
import { createRandom } from '../../devices/random.ts'
import type { RegisterEvent } from '../../domain/settle/series.ts'
import type { ConsumptionDay, StoredReading } from '../../functions/platform.ts'
import { startDynamo, type TestDynamo } from './dynamo.ts'
import { passingTime } from './passing-time.ts'
import { DATABASE, startTimestream, type TestTimestream, throttled } from './timestream.ts'

const MINUTE = 60_000
const DAY_MS = 86_400_000
const KEEP_DAYS = 365
let server: TestDynamo
let dynamo: DynamoDBClient
let timestream: TestTimestream
let time: ReturnType<typeof passingTime>
beforeAll(async () => {
  server = await startDynamo()
  dynamo = server.client()
})
afterAll(async () => {
  dynamo.destroy()
  await server.close()
})
beforeEach(async () => {
  time = passingTime()
  timestream = await startTimestream(time.now)
})
afterEach(() => timestream.close())

async function stores(visibleAfterMs = 0) {
  const ledger = openTouchedLedger({
    dynamo,
    table: await server.newTable(),
    now: time.now,
    visibleAfterMs,
    patience: time,
  })
  const where = { ...timestream.clients(), database: DATABASE, patience: time }
  const [table, days] = [await timestream.newTable(KEEP_DAYS), await timestream.newTable(KEEP_DAYS)]
  return {
    ledger,
    readings: openTimestreamReadings({ ...where, table, ledger }),
    withLedger: (other: typeof ledger) => openTimestreamReadings({ ...where, table, ledger: other }),
    consumption: openTimestreamConsumption({ ...where, table: days, now: time.now }),
  }
}
const reading = (meter: string, atMs: number, value: number): StoredReading => ({ meter, atMs, value, quality: 'good' })
const batchOf = (count: number): StoredReading[] =>
  Array.from({ length: count }, (_, n) => reading(`m-${n % 7}`, time.now() - (n + 1) * MINUTE, n))
const METERS = Array.from({ length: 7 }, (_, n) => `m-${n}`)

test('throttled for minutes, an append gives up within its bound; delivered again, each reading counts once', async () => {
  const { readings } = await stores()
  const batch = batchOf(450)
  let untilMs = time.now() + 4 * MINUTE
  let calls = 0
  timestream.faults.before = () => {
    // Now and then a request gets through.
    if (++calls % 9 > 0 && time.now() < untilMs) throw throttled()
  }
  let deliveries = 0
  for (let stored = false; !stored; deliveries++) {
    const startMs = time.now()
    stored = await readings.append(batch, time.now()).then(
      () => true,
      () => false,
    )
    expect(time.now() - startMs).toBeLessThan(120_000)
    time.move(30_000)
  }
  untilMs = 0
  expect(await readings.count(METERS)).toBe(batch.length)
  const { touched } = await readings.touchedSince(METERS, undefined)
  expect(touched).toHaveLength(METERS.length)
  const found = await readings.range(METERS, 0, Infinity)
  expect([...found.values()].reduce((sum, { value }) => sum + value.length, 0)).toBe(batch.length)
  expect(deliveries).toBeGreaterThan(1)

  timestream.faults.before = () => {
    throw throttled()
  }
  await expect(readings.append(batch, time.now())).rejects.toThrow('Rate exceeded')
  await expect(readings.count(METERS)).rejects.toThrow('Rate exceeded')
})

test('of a batch of which half is too old, the old ones are named, and the others stand and are told of', async () => {
  const { readings } = await stores()
  const { mark } = await readings.touchedSince(METERS, undefined)
  const batch = batchOf(500).map((one, n) => (n % 2 === 0 ? one : { ...one, atMs: one.atMs - 400 * DAY_MS }))
  const refused = await readings.append(batch, time.now())
  expect(refused.map(({ index }) => index)).toEqual(batch.flatMap((_, n) => (n % 2 === 0 ? [] : [n])))
  expect(refused[0].reason).toMatch(/outside the time range/)
  expect(await readings.count(METERS)).toBe(250)
  const { touched } = await readings.touchedSince(METERS, mark)
  expect(touched.reduce((sum, { count }) => sum + count, 0)).toBe(250)
  expect(Math.min(...touched.map(({ fromMs }) => fromMs))).toBeGreaterThan(time.now() - DAY_MS)
})

test('what is no reading at all is named too, and the rest stored', async () => {
  const { readings } = await stores()
  const odd = [reading("'; DROP", time.now(), 1), reading('m-1', 1.5, 1), reading('m-1', time.now(), Number.NaN)]
  const refused = await readings.append([...odd, reading('m-1', time.now() - 1, 5)], time.now())
  expect(refused.map(({ index }) => index)).toEqual([0, 1, 2])
  expect(await readings.count(['m-1', "'; DROP"])).toBe(1)
})

test('killed between its write and the ledger’s, an append is not received; delivered again it counts once and is told', async () => {
  const { readings, ledger, withLedger } = await stores()
  const { mark } = await readings.touchedSince(METERS, undefined)
  const dying = withLedger({ ...ledger, add: () => Promise.reject(new Error('the process was killed')) })
  const batch = batchOf(120)
  await expect(dying.append(batch, time.now())).rejects.toThrow('killed')
  expect((await readings.touchedSince(METERS, mark)).touched).toEqual([])
  time.move(30_000)
  expect(await readings.append(batch, time.now())).toEqual([])
  expect(await readings.count(METERS)).toBe(batch.length)
  expect((await readings.touchedSince(METERS, mark)).touched).toHaveLength(METERS.length)
  expect(await readings.history('m-1', 0, Infinity)).toHaveLength(
    2 * batch.filter(({ meter }) => meter === 'm-1').length,
  )
})

test('a reading that queries do not show yet is not told of before they do', async () => {
  const { readings } = await stores(10_000)
  const { mark } = await readings.touchedSince(['m-1'], undefined)
  timestream.faults.hidesWrites = true
  await readings.append([reading('m-1', time.now() - 1, 5)], time.now())
  time.move(5_000)
  expect(await readings.touchedSince(['m-1'], mark)).toEqual({ mark, touched: [] })
  timestream.faults.hidesWrites = false
  time.move(6_000)
  const told = await readings.touchedSince(['m-1'], mark)
  expect(told.touched).toMatchObject([{ meter: 'm-1', count: 1 }])
  expect((await readings.range(['m-1'], told.touched[0].fromMs, told.touched[0].toMs + 1)).get('m-1')?.value[0]).toBe(5)
})

test('two arrivals that meet at one nanosecond: the later stands, and is stored', async () => {
  const { readings } = await stores()
  const atMs = time.now() - MINUTE
  const [earlier, later] = [time.now() * 1_000, (time.now() + 999_983) * 1_000]
  expect(pointNs(atMs, earlier)).toBe(pointNs(atMs, later))
  await readings.append([reading('m-1', atMs, 1)], time.now())
  time.move(999_983)
  await readings.append([reading('m-1', atMs, 2)], time.now())
  expect((await readings.range(['m-1'], 0, Infinity)).get('m-1')?.value).toEqual(Float64Array.of(2))
  // A clock that was put back by exactly as much: the one stored now is the one that holds.
  time.move(-999_983)
  const again = await stores()
  await again.readings.append([reading('m-1', atMs, 3)], time.now())
  expect((await again.readings.range(['m-1'], 0, Infinity)).get('m-1')?.value).toEqual(Float64Array.of(3))
})

test('a day of consumption written last holds, though the clock of its writer is behind', async () => {
  const day = Math.floor(time.now() / DAY_MS) - 3
  const row = (amount: number, events: RegisterEvent[] = []): ConsumptionDay => ({
    meter: 'm-1',
    day,
    amounts: new Float64Array(24).fill(amount),
    flags: new Uint8Array(24),
    events,
  })
  const random = createRandom('events')
  const many = Array.from(
    { length: 1_440 },
    (_, n): RegisterEvent => ({
      kind: 'spike',
      atMs: day * DAY_MS + n * MINUTE,
      value: random.between(0, 1e6),
      before: random.between(0, 1e6),
      after: random.between(0, 1e6),
    }),
  )
  const { consumption } = await stores()
  await consumption.put([row(1, many)])
  expect((await consumption.get(['m-1'], day, day + 1))[0].events).toEqual(many)
  time.move(-5_000)
  await consumption.put([row(2), row(3)])
  expect(await consumption.get(['m-1'], day, day + 1)).toEqual([row(3)])
  await expect(consumption.put([{ ...row(1), day: day - 1_000 }])).rejects.toThrow(`day ${day - 1_000} of meter "m-1"`)
})

test('only ids reach a statement', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (id) => {
      if (isMeterId(id)) expect(quotedIds([id])).toEqual([`'${id}'`])
      else expect(() => quotedIds([id])).toThrow(RangeError)
    }),
    { numRuns: 1_000 },
  )
  for (const id of ["a'b", 'a b', 'a\nb', 'a"b', 'a\\b', '', 'x'.repeat(65), '电']) expect(isMeterId(id)).toBe(false)
})
