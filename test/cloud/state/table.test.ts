// What the contract cannot see of documents in DynamoDB: answers that are lost or partial, writers that meet, documents
// in objects, and how many partitions a query asks.

import { type DynamoDBClient, ScanCommand, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openObjectBucket } from '../../../cloud/object-bucket.ts'
import { byCodePoint, partitionOf, partitionsOf } from '../../../cloud/state/key.ts'
import { openStateTable } from '../../../cloud/state/table.ts'
import { createRandom } from '../../../devices/random.ts'
import { DAY_MS } from '../../../domain/calendar.ts'
import { docKey, type StateStore, VersionConflict } from '../../../functions/platform.ts'
import { appendAudit, verifyAudit } from '../../../functions/state/audit.ts'
import { REJECTION_DAYS_MAX } from '../../../functions/state/documents.ts'
import { rejectionKeys } from '../../../functions/wire/rejections.ts'
import { startBucket, type TestBucket } from '../bucket.ts'
import { startDynamo, type TestDynamo } from '../dynamo.ts'
import { passingTime } from '../passing-time.ts'

let server: TestDynamo
let bucket: TestBucket
let dynamo: DynamoDBClient
let table: string
let state: StateStore
beforeAll(async () => {
  server = await startDynamo()
  bucket = await startBucket()
})
afterAll(async () => {
  dynamo.destroy()
  await server.close()
  await bucket.close()
})
const objects = () => openObjectBucket({ s3: bucket.client(), bucket: 'b' })
beforeEach(async () => {
  dynamo?.destroy()
  dynamo = server.client()
  table = await server.newTable()
  state = openStateTable({ dynamo, table, objects: objects(), patience: passingTime() })
})

/** Answers of one command pass through `alter`, which may throw. */
function onAnswer(command: string, alter: (output: Record<string, unknown>, nth: number) => unknown): void {
  let nth = 0
  dynamo.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args)
      if (context.commandName !== command) return answer
      return { ...answer, output: alter(answer.output as unknown as Record<string, unknown>, ++nth) as never }
    },
    { step: 'initialize', priority: 'high' },
  )
}

const large = (seed: string): number[] => {
  const random = createRandom(seed)
  return Array.from({ length: 20_000 }, () => random.between(0, 1))
}

test('a write whose answer was lost is its own, and no conflict', async () => {
  let sent = 0
  dynamo.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'UpdateItemCommand') sent++
      const answer = await next(args)
      if (context.commandName !== 'UpdateItemCommand' || sent > 1) return answer
      throw Object.assign(new Error('the connection broke'), { name: 'TimeoutError' })
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await state.put([{ key: 'a', value: 1, ifVersion: 0 }])
  expect(sent).toBe(2)
  expect(await state.get(docKey('a'))).toEqual({ key: 'a', value: 1, version: 1 })
  await expect(state.put([{ key: 'a', value: 2, ifVersion: 0 }])).rejects.toThrow(VersionConflict)
})

test('a transaction whose answer was lost is done once, and one that met another is tried again', async () => {
  onAnswer('TransactWriteItemsCommand', (output, nth) => {
    if (nth === 1) throw Object.assign(new Error('lost'), { name: 'InternalServerError' })
    if (nth === 2) {
      const CancellationReasons = [{ Code: 'TransactionConflict' }, { Code: 'None' }]
      throw new TransactionCanceledException({ message: 'met another', CancellationReasons, $metadata: {} })
    }
    return output
  })
  await state.put(['a', 'b'].map((key) => ({ key, value: 1, ifVersion: 0 })))
  expect((await state.getMany([docKey('a'), docKey('b')])).map(({ version }) => version)).toEqual([1, 1])
})

test('keys that a batch left unread are asked for again, and given up in the end with an error', async () => {
  const keys = Array.from({ length: 250 }, (_, n) => `k/${n}`)
  await state.put(
    keys.map((key) => ({ key, value: key })),
    { derived: true },
  )
  let readable = true
  onAnswer('BatchGetItemCommand', (output, nth) => {
    const found = (output.Responses as Record<string, Record<string, unknown>[]>)[table]
    const kept = readable && nth % 2 === 0 ? found.length : Math.floor(found.length / 2)
    const Keys = (readable ? found.slice(kept) : found).map(({ pk, sk }) => ({ pk, sk }))
    return {
      ...output,
      Responses: { [table]: found.slice(0, readable ? kept : 0) },
      UnprocessedKeys: Keys.length > 0 ? { [table]: { Keys } } : {},
    }
  })
  expect((await state.getMany(keys.map((key) => docKey(key)))).map(({ value }) => value)).toEqual(keys)
  readable = false
  await expect(state.getMany(keys.map((key) => docKey(key)))).rejects.toThrow(/were not read/)
})

test('throttled for minutes, a put gives up within its bound and a later one succeeds', async () => {
  const time = passingTime()
  const patient = openStateTable({ dynamo, table, objects: objects(), patience: time })
  let throttled = true
  dynamo.middlewareStack.add(
    (next) => (args) => {
      if (throttled) throw Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' })
      return next(args)
    },
    { step: 'initialize' },
  )
  await expect(patient.put([{ key: 'a', value: 1 }])).rejects.toThrow('slow down')
  expect(time.passed()).toBeGreaterThan(5_000)
  expect(time.passed()).toBeLessThan(30_000)
  throttled = false
  await patient.put([{ key: 'a', value: 1, ifVersion: 0 }])
  expect((await patient.get(docKey('a')))?.version).toBe(1)
})

test('a large document leaves one object behind it, and none when it is gone or was refused', async () => {
  const mine = () => bucket.keys().length
  const before = mine()
  await state.put([{ key: 'a', value: large('1') }])
  await state.put([{ key: 'a', value: large('2'), ifVersion: 1 }])
  expect(mine()).toBe(before + 1)
  await expect(state.put([{ key: 'a', value: large('3'), ifVersion: 1 }])).rejects.toThrow(VersionConflict)
  const both = [
    { key: 'a', value: large('4'), ifVersion: 2 },
    { key: 'b', value: large('5'), ifVersion: 7 },
  ]
  await expect(state.put(both)).rejects.toThrow(VersionConflict)
  expect(mine()).toBe(before + 1)
  // Another process: it reads first, as handlers do.
  const other = openStateTable({ dynamo, table, objects: objects() })
  expect((await other.get(docKey('a')))?.value).toEqual(large('2'))
  await other.put([{ key: 'a', value: 'small' }])
  expect(mine()).toBe(before)
})

test('a large document that is replaced while it is read is read anew', async () => {
  const writer = openStateTable({ dynamo, table, objects: objects() })
  await writer.put([{ key: 'a', value: large('1') }])
  const own = objects()
  let replaced = false
  const reader = openStateTable({
    dynamo,
    table,
    objects: {
      ...own,
      async get(key) {
        if (!replaced) await writer.put([{ key: 'a', value: large('2') }])
        replaced = true
        return own.get(key)
      },
    },
  })
  expect(await reader.get(docKey('a'))).toMatchObject({ value: large('2'), version: 2 })
})

test('a put of a hundred documents of a large county fits into a transaction', async () => {
  const docs = Array.from({ length: 100 }, (_, n) => ({
    key: `settled/${n}`,
    value: large(String(n % 3)).slice(0, 4_000),
    ifVersion: 0,
  }))
  await state.put(docs, { derived: true })
  expect((await state.query(docKey('settled/'))).length).toBe(100)
})

test.each([
  ['alert-closed/130102/', 1],
  ['alert-event/', 1],
  ['alert-open/130102/', 1],
  ['notification-held/', 1],
  ['notification-pending/', 1],
  ['override/', 1],
  ['rejection/', 16],
  ['repair/', 1],
  ['review/130102-0007-E1/', 1],
  ['revision/130102-0007/2026-11/', 1],
  ['setting/alert-threshold/', 1],
  ['subject/130102-0007/', 1],
  ['summary/130102/', 1],
  ['registry/shard/130102/meter/', 1],
  ['registry/gateway/', 16],
  ['review/', 16],
  ['settled/', 16],
  ['subject/', 16],
])('a query of %s asks %i partitions, and its documents lie there', (prefix, count) => {
  const partitions = partitionsOf(prefix)
  expect(partitions).toHaveLength(count)
  for (const rest of ['a', 'a/b', '130102/institution/x', '石家庄'])
    expect(partitions).toContain(partitionOf(prefix + rest))
})

test('only a prefix that names no collection is looked for in the whole table', () => {
  expect(partitionsOf('')).toBeUndefined()
  expect(partitionsOf('subj')).toBeUndefined()
})

test('sorts as DynamoDB does, where JavaScript does not', () => {
  const keys = ['\u{1F3EB}', '\uFF21', 'é', 'a']
  expect(keys.toSorted(byCodePoint)).toEqual(['a', 'é', '\uFF21', '\u{1F3EB}'])
  expect(keys.toSorted()).not.toEqual(keys.toSorted(byCodePoint))
})

test('rejections of many gateways at one moment are spread over partitions, found by time, and expire', async () => {
  const record = (gateway: string, receivedMs: number) =>
    rejectionKeys.record({ gateway, receivedMs, id: 'm', payload: '' })
  const keys = Array.from({ length: 200 }, (_, n) => record(`G-${n}`, 1_764_000_000_000 + (n % 7)))
  const partitions = keys.map(partitionOf)
  expect(new Set(partitions).size).toBe(16)
  const all = partitionsOf(rejectionKeys.from(''))
  expect(partitions.every((one) => all?.includes(one))).toBe(true)
  await state.put(keys.slice(0, 40).map((key) => ({ key, value: {} })))
  const found = await state.query(rejectionKeys.from(''), { limit: 30, descending: true })
  const wanted = keys.slice(0, 40).toSorted((a, b) => byCodePoint(b, a))
  expect(found.map(({ key }) => key)).toEqual(wanted.slice(0, 30))
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table }))
  const days = Items.map(({ expires }) => (Number(expires?.N) * 1000 - passingTime().now()) / DAY_MS)
  expect(days.map(Math.round)).toEqual(Array(40).fill(REJECTION_DAYS_MAX))
  await state.put([{ key: 'setting/x', value: 1 }])
  const kept = await dynamo.send(
    new ScanCommand({ TableName: table, FilterExpression: 'attribute_not_exists(expires)' }),
  )
  expect(kept.Items).toHaveLength(1)
})

test('writers that append to the audit log at once get numbers one after another', async () => {
  const fact = (n: number) => ({ what: 'report.build', about: 'A/2026-05/1', who: '王', atMs: n, detail: {} })
  await Promise.all(Array.from({ length: 8 }, (_, n) => appendAudit(state, fact(n))))
  expect(await verifyAudit(state)).toMatchObject({ entries: 8, broken: null })
})
