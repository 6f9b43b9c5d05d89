// The ledger of what arrived: many writers, readers that come late, items that expire, and a store that shows its
// writes late. Over DynamoDB's wire.

import { DeleteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTouchedLedger } from '../../../cloud/series/touched-ledger.ts'
import type { StoredReading } from '../../../functions/platform.ts'
import { startDynamo, type TestDynamo } from '../dynamo.ts'
import { passingTime } from '../passing-time.ts'

const DAY_MS = 86_400_000
let server: TestDynamo
let dynamo: DynamoDBClient
let table: string
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
  table = await server.newTable()
  time = passingTime()
})
const open = (visibleAfterMs = 0) => openTouchedLedger({ dynamo, table, now: time.now, visibleAfterMs, patience: time })
const reading = (meter: string, atMs = 1_000): StoredReading => ({ meter, atMs, value: 1, quality: 'good' })

/** What DynamoDB does with items whose time is over. */
async function expire(): Promise<number> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table }))
  const old = Items.filter(({ expires }) => expires && Number(expires.N) * 1_000 < time.now())
  for (const { pk, sk } of old) await dynamo.send(new DeleteItemCommand({ TableName: table, Key: { pk, sk } }))
  return old.length
}

test('tells what many processes add to one group at once, each addition once, however late they are', async () => {
  const meters = ['130102-1', '130102-2']
  const writers = Array.from({ length: 6 }, () => open())
  const reader = open()
  let { mark } = await reader.since(meters, undefined)
  let told = 0
  const look = async (): Promise<void> => {
    const since = await reader.since(meters, mark)
    expect(since.unknown).toEqual([])
    mark = since.mark
    told += since.touched.reduce((sum, { count }) => sum + count, 0)
  }
  const adding = writers.map(async (writer) => {
    for (let n = 0; n < 8; n++) await writer.add(meters.map((meter) => reading(meter, n)))
  })
  let busy = true
  const done = Promise.all(adding).finally(() => {
    busy = false
  })
  while (busy) await look()
  await done
  await look()
  expect(told).toBe(6 * 8 * meters.length)
  expect(await reader.since(meters, mark)).toEqual({ mark, touched: [], unknown: [] })
})

test('says of which meters it cannot tell: without a mark, and with one of other meters', async () => {
  const ledger = open()
  await ledger.add([reading('130102-1'), reading('130203-1')])
  const first = await ledger.since(['130102-1'], undefined)
  expect(first).toMatchObject({ touched: [], unknown: ['130102-1'] })
  const second = await ledger.since(['130102-1', '130203-1'], first.mark)
  expect(second).toMatchObject({ touched: [], unknown: ['130203-1'] })
  await ledger.add([reading('130102-1', 5), reading('130102-1', 3), reading('130102-9')])
  const third = await ledger.since(['130102-1', '130203-1'], second.mark)
  expect(third.touched).toEqual([{ meter: '130102-1', fromMs: 3, toMs: 5, count: 2 }])
})

test('says so when what followed a mark has expired, and knows again from then on', async () => {
  const ledger = open()
  const { mark } = await ledger.since(['m-1'], undefined)
  for (let day = 0; day < 3; day++) {
    await ledger.add([reading('m-1', day)])
    time.move(DAY_MS)
  }
  time.move(12.5 * DAY_MS)
  expect(await expire()).toBe(2)
  const late = await open().since(['m-1'], mark)
  expect(late).toMatchObject({ touched: [], unknown: ['m-1'] })
  expect(await ledger.since(['m-1'], late.mark)).toMatchObject({ touched: [], unknown: [], mark: late.mark })
  await ledger.add([reading('m-1', 9)])
  expect((await ledger.since(['m-1'], late.mark)).touched).toMatchObject([{ count: 1, fromMs: 9 }])
})

test('begins anew when all has expired, and tells a reader that it cannot tell', async () => {
  const ledger = open()
  await ledger.add([reading('m-1', 1)])
  const seen = await ledger.since(['m-1'], undefined)
  await ledger.add([reading('m-1', 2)])
  time.move(30 * DAY_MS)
  expect(await expire()).toBe(2)
  const idle = await ledger.since(['m-1'], seen.mark)
  expect(idle.unknown).toEqual(['m-1'])
  expect(await ledger.since(['m-1'], idle.mark)).toEqual({ mark: idle.mark, touched: [], unknown: [] })
  time.move(30 * DAY_MS)
  expect((await ledger.since(['m-1'], idle.mark)).unknown).toEqual([])
  await Promise.all([ledger.add([reading('m-1', 3)]), open().add([reading('m-1', 4)])])
  expect((await open().since(['m-1'], idle.mark)).touched).toEqual([{ meter: 'm-1', fromMs: 3, toMs: 4, count: 2 }])
})

test('holds back what the series store may not show yet, and tells it when it does', async () => {
  const ledger = open(10_000)
  const first = await ledger.since(['m-1'], undefined)
  await ledger.add([reading('m-1', 1)])
  time.move(6_000)
  await ledger.add([reading('m-1', 2)])
  expect(await ledger.since(['m-1'], first.mark)).toEqual({ mark: first.mark, touched: [], unknown: [] })
  expect((await ledger.since(['m-1'], undefined)).mark).toBe(first.mark)
  time.move(5_000)
  const second = await ledger.since(['m-1'], first.mark)
  expect(second.touched).toMatchObject([{ fromMs: 1, toMs: 1 }])
  expect((await ledger.since(['m-1'], undefined)).mark).toBe(second.mark)
  time.move(6_000)
  expect((await ledger.since(['m-1'], second.mark)).touched).toMatchObject([{ fromMs: 2, toMs: 2 }])
})

test('tells thousands of meters added at once, and ids that mean something to JavaScript', async () => {
  const ledger = open()
  const meters = ['__proto__', 'constructor', ...Array.from({ length: 9_000 }, (_, n) => `big-${n}`)]
  const { mark } = await ledger.since(meters, undefined)
  await ledger.add(meters.map((meter) => reading(meter)))
  const { touched } = await ledger.since(meters, mark)
  expect(new Set(touched.map(({ meter }) => meter))).toEqual(new Set(meters))
})

test('ranks of arrival rise whatever the clock does', () => {
  const ledger = open()
  const ranks = [ledger.arrivals(3), ledger.arrivals(1)]
  time.move(-60_000)
  ranks.push(ledger.arrivals(1))
  expect(ranks).toEqual([ranks[0], ranks[0] + 3, ranks[0] + 4])
})
