// Faults of the lake store: killed before and after each of its writes, paused while another run takes over, throttled,
// answers lost, batches taken in part. Nothing is lost, nothing stands twice.

import { writeFileSync } from 'node:fs'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { S3Client } from '@aws-sdk/client-s3'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lakeKey } from '../../../cloud/series/lake/bucket.ts'
import { lakeRows } from '../../../cloud/series/lake/parquet.ts'
import { DAY_MS } from '../../../domain/calendar.ts'
import type { StoredReading } from '../../../functions/platform.ts'
import { runsOf } from '../../campaign.ts'
import { temporaryFolder } from '../../devices/broker.ts'
import { startBucket } from '../bucket.ts'
import { startDynamo } from '../dynamo.ts'
import {
  type LakeServers,
  newTestLake,
  type OpenedTestLake,
  openTestLake,
  TEST_COUNTY,
  type TestLake,
  tendUnlessBusy,
} from '../lake-place.ts'

let servers: LakeServers
beforeAll(async () => {
  servers = { dynamo: await startDynamo(), bucket: await startBucket() }
})
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close()
})

const START = Date.UTC(2026, 4, 29)
const METERS = ['130102-A-E1', '130102-A-E2', '130102-B-E1']
const MERGE_MS = DAY_MS * 60

/** Four days over the end of a month, a message each six hours, corrections and odd values among them. */
const messages: StoredReading[][] = Array.from({ length: 16 }, (_, n) => {
  const receivedMs = START + n * 6 * 3_600_000 + 700
  return METERS.map((meter, m) => ({
    ...{ meter, atMs: receivedMs - 700, receivedMs },
    value: n % 5 === 0 ? (n + m) / 3 : n * 1.5 + m,
    quality: n % 7 === 3 ? 'estimated' : 'good',
  }))
})
const corrections: StoredReading[] = messages
  .slice(3, 6)
  .flatMap((all) =>
    all.map((one) => ({ ...one, value: one.value + 0.001, receivedMs: (one.receivedMs ?? 0) + DAY_MS + 5 })),
  )
const all = [...messages.flat(), ...corrections]

/** Something that happens at a request: before it is sent, or after its answer has come. */
type Fault = (request: { name: string; isWrite: boolean }, send: () => Promise<unknown>) => Promise<unknown>
const WRITES = /^(BatchWriteItem|UpdateItem|DeleteItem|PutItem|TransactWriteItems|PutObject|DeleteObject)/

const clientsOf = (fault?: Fault): { dynamo: DynamoDBClient; s3: S3Client } => {
  const clients = { dynamo: servers.dynamo.client(), s3: servers.bucket.client() }
  for (const { middlewareStack } of [clients.dynamo, clients.s3] as {
    middlewareStack: DynamoDBClient['middlewareStack']
  }[])
    middlewareStack.add(
      (next, context) => async (args) => {
        const name = String(context.commandName).replace(/Command$/, '')
        const sent = () => next(args)
        return (fault ? await fault({ name, isWrite: WRITES.test(name) }, sent) : await sent()) as never
      },
      { step: 'initialize', priority: 'high' },
    )
  return clients
}

/** What must be true of the lake whenever it is read. */
async function expectWhole({ platform }: OpenedTestLake): Promise<void> {
  for (const meter of METERS) {
    const own = all.filter((one) => one.meter === meter)
    const history = await platform.readings.history(meter, 0, Number.POSITIVE_INFINITY)
    const want = own.toSorted((a, b) => (a.receivedMs ?? 0) - (b.receivedMs ?? 0))
    expect(history).toEqual(want.map(({ atMs, value, receivedMs, quality }) => ({ atMs, value, receivedMs, quality })))
  }
  const found = await platform.readings.range(METERS, 0, Number.POSITIVE_INFINITY)
  for (const meter of METERS) {
    const last = new Map(all.filter((one) => one.meter === meter).map(({ atMs, value }) => [atMs, value]))
    expect(Array.from(found.get(meter)?.value ?? [])).toEqual([...last.values()])
  }
  expect(await platform.readings.count(METERS)).toBe(messages.length * METERS.length)
}

/** What must be true when a run has come to its end: each reading in one file, none young, no file without a row. */
async function expectSealed({ parts }: OpenedTestLake, { bucket }: TestLake): Promise<void> {
  const entries = await parts.catalog.entries(TEST_COUNTY)
  const live = entries.filter(({ state }) => state === 'live')
  expect(entries.map(({ state }) => state).filter((state) => state !== 'live' && state !== 'dead')).toEqual([])
  const rows: string[] = []
  for (const entry of live)
    for await (const some of lakeRows(await parts.files.opened(entry), { fromMs: -Infinity, toMs: Infinity }))
      rows.push(...some.map(({ meter, atMs, value, receivedMs }) => `${meter} ${atMs} ${value} ${receivedMs}`))
  const want = all.map(({ meter, atMs, value, receivedMs }) => `${meter} ${atMs} ${value} ${receivedMs}`)
  expect(rows.toSorted()).toEqual(want.toSorted())
  const paths = servers.bucket.keys().filter((path) => path.startsWith(`/${bucket}/`))
  const named = entries.map(({ county, month, name }) => `/${bucket}/${lakeKey(county, month, name)}`)
  expect(paths.toSorted()).toEqual(named.toSorted())
  for (const group of ['130102-A-', '130102-B-']) expect(await parts.young.ofGroup(group, 0, 50_000)).toEqual([])
}

/** A lake with the readings in it, all young, and its stores by a clock that can be set. */
async function filled() {
  const lake = await newTestLake(servers)
  const clock = { ms: START + 3 * DAY_MS }
  const now = () => clock.ms
  const plain = openTestLake(lake, { ...clientsOf(), now })
  for (const batch of [messages.flat(), corrections]) await plain.platform.readings.append(batch, START)
  return { lake, clock, now, plain }
}

/** The times of runs: two seal some days each, the third merges both months. */
const RUNS_MS = [START + 4.5 * DAY_MS, START + 9 * DAY_MS, START + 60 * DAY_MS]
const MANY_MS = 600_000
/** `npm test` fails at every twelfth write, the campaign at every other. */
const STRIDE = runsOf({ test: 12, campaign: 2 })

describe('a run that is killed', () => {
  test.each(['before', 'after'])(
    '%s any of its writes loses nothing and doubles nothing',
    async (when) => {
      const isBefore = when === 'before'
      let kills = 0
      for (let nth = 1; ; nth += STRIDE) {
        const { lake, clock, now, plain } = await filled()
        let writes = 0
        let isDead = false
        const killing: Fault = async ({ isWrite }, send) => {
          if (isDead) throw new Error('killed')
          if (!isWrite || ++writes !== nth) return send()
          isDead = true
          if (!isBefore) await send()
          throw new Error('killed')
        }
        const doomed = openTestLake(lake, { ...clientsOf(killing), now })
        for (const runMs of RUNS_MS) {
          clock.ms = runMs
          await doomed.tend(METERS).catch(() => undefined)
        }
        await expectWhole(plain)
        clock.ms += DAY_MS
        await plain.tend(METERS)
        await expectWhole(plain)
        await expectSealed(plain, lake)
        if (!isDead) break
        kills++
      }
      expect(kills * STRIDE).toBeGreaterThan(25)
    },
    MANY_MS,
  )
})

test(
  'a run that is paused at any write while another takes its county over loses nothing and doubles nothing',
  async () => {
    let pauses = 0
    for (let nth = 1; ; nth += STRIDE) {
      const { lake, clock, now, plain } = await filled()
      let writes = 0
      let isPaused = false
      const pausing: Fault = async ({ isWrite }, send) => {
        if (!isWrite || ++writes !== nth) return send()
        isPaused = true
        clock.ms += 3_600_000
        await plain.tend(METERS)
        return send()
      }
      const slow = openTestLake(lake, { ...clientsOf(pausing), now })
      for (const runMs of RUNS_MS) {
        clock.ms = Math.max(clock.ms, runMs)
        await tendUnlessBusy(slow.tend(METERS))
      }
      await expectWhole(plain)
      clock.ms += DAY_MS
      await plain.tend(METERS)
      await expectWhole(plain)
      await expectSealed(plain, lake)
      if (!isPaused) break
      pauses++
    }
    expect(pauses * STRIDE).toBeGreaterThan(25)
  },
  MANY_MS,
)

test(
  'throttled, with lost answers and batches taken in part, all is there once',
  async () => {
    const lake = await newTestLake(servers)
    const clock = { ms: START + 3 * DAY_MS }
    let requests = 0
    const hampering: Fault = async ({ name }, send) => {
      const nth = ++requests
      const isDynamo = !/Object/.test(name)
      if (isDynamo && nth % 3 === 0) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
      const answer = await send()
      if (isDynamo && nth % 7 === 0) throw Object.assign(new Error('lost'), { name: 'TimeoutError' })
      return answer
    }
    const hampered = openTestLake(lake, { ...clientsOf(hampering), now: () => clock.ms })
    for (const batch of [...messages, corrections]) await hampered.platform.readings.append(batch, START)
    await expectWhole(hampered)
    let merges = 0
    for (const runMs of RUNS_MS) {
      clock.ms = runMs
      merges += (await hampered.tend(METERS)).merges
    }
    expect(merges).toBeGreaterThan(0)
    await expectWhole(hampered)
    await expectSealed(hampered, lake)
    expect(requests).toBeGreaterThan(100)
  },
  MANY_MS,
)

test('messages that are delivered again, young or sealed, change nothing', async () => {
  const { lake, clock, plain } = await filled()
  for (const batch of messages) await plain.platform.readings.append(batch, START)
  await expectWhole(plain)
  clock.ms += MERGE_MS
  await plain.tend(METERS)
  await expectSealed(plain, lake)
  for (const batch of messages) await plain.platform.readings.append(batch, START)
  await expectWhole(plain)
  // They are sealed a second time, and the next merge leaves the copies out.
  await plain.tend(METERS)
  await expectWhole(plain)
})

test('late readings go to further files, and stand with the others', async () => {
  const { clock, plain } = await filled()
  clock.ms += MERGE_MS
  expect(await plain.tend(METERS)).toMatchObject({ sealedRows: all.length })
  const [meter = ''] = METERS
  const late = { meter, atMs: START + 1, value: 77, quality: 'good' as const, receivedMs: clock.ms }
  await plain.platform.readings.append([late], clock.ms)
  expect(await plain.tend(METERS)).toMatchObject({ sealedRows: 1 })
  const found = await plain.platform.readings.range([meter], START, START + 2)
  expect(Array.from(found.get(meter)?.value ?? [])).toEqual([0, 77])
  expect(await plain.parts.young.ofGroup('130102-A-', 0, 50_000)).toEqual([])
})

test('DuckDB reads every file as the format says, to the last bit', async () => {
  const { clock, plain, lake } = await filled()
  clock.ms += MERGE_MS
  await plain.tend(METERS)
  const db = await (await DuckDBInstance.create()).connect()
  const folder = temporaryFolder()
  const paths = servers.bucket.keys().filter((path) => path.startsWith(`/${lake.bucket}/`))
  for (const [n, path] of paths.entries()) writeFileSync(`${folder}/${n}.parquet`, servers.bucket.bytes(path) ?? '')
  const types = await db.runAndReadAll(`DESCRIBE SELECT * FROM '${folder}/*.parquet'`)
  expect(Object.fromEntries(types.getRows().map(([name, type]) => [name, type]))).toEqual({
    ...{ meter: 'VARCHAR', at_ms: 'BIGINT', value: 'DECIMAL(18,3)', exact: 'DOUBLE', received_ms: 'BIGINT' },
    ...{ quality: 'UTINYINT', arrival: 'BIGINT' },
  })
  const answer = await db.runAndReadAll(
    `SELECT meter, at_ms, coalesce(exact, value::DOUBLE), received_ms, quality FROM '${folder}/*.parquet' ORDER BY ALL`,
  )
  const rows = answer
    .getRows()
    .map(([meter, at, value, received, quality]) => [meter, Number(at), value, Number(received), quality].join(' '))
  const want = all.map(({ meter, atMs, value, receivedMs, quality }) =>
    [meter, atMs, value, receivedMs, ['good', 'suspect', 'estimated'].indexOf(quality)].join(' '),
  )
  expect(rows.toSorted()).toEqual(want.toSorted())
})
