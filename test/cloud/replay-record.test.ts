// The record sent again: what it finds and sends, and a restore rehearsed with it: a series table that is lost and a
// state table of an earlier moment become what they were.

import { gzipSync } from 'node:zlib'
import { BatchWriteItemCommand, ScanCommand, type WriteRequest } from '@aws-sdk/client-dynamodb'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parted } from '../../cloud/backoff.ts'
import { replayRecord } from '../../cloud/replay-record.ts'
import { DAY_MS, HOUR_MS } from '../../domain/calendar.ts'
import type { Platform } from '../../functions/platform.ts'
import { documents, INSTITUTIONS, NOON_MS, PROVINCE, register } from '../functions/province.ts'
import { openSqs, testClient } from './aws.ts'
import { startBucket, type TestBucket } from './bucket.ts'
import { type CloudHost, openCloudHost } from './cloud-host.ts'
import { startDynamo, type TestDynamo } from './dynamo.ts'
import { newTestLake, openTestLake, type TestLake } from './lake-place.ts'

const RECORD = 'record'
let servers: { dynamo: TestDynamo; bucket: TestBucket }
let s3: S3Client
beforeAll(async () => {
  servers = { dynamo: await startDynamo(), bucket: await startBucket() }
  s3 = servers.bucket.client()
})
afterAll(async () => {
  s3.destroy()
  for (const server of Object.values(servers)) await server.close()
})

const lineOf = (gateway: string, receivedMs: number, payload = '{}') =>
  JSON.stringify({ payload: Buffer.from(payload).toString('base64'), gateway, receivedMs, trace: 't' })
/** As Firehose writes an object. */
const written = (key: string, lines: readonly string[]) =>
  s3.send(new PutObjectCommand({ Bucket: RECORD, Key: key, Body: gzipSync(`${lines.join('\n')}\n`) }))

test('sends the messages of the days and gateways asked for, and names what is none', async () => {
  const { server, sqs } = await openSqs({ ingest: {} }, () => NOON_MS)
  const bucket = RECORD
  await written('messages/day=2026-03-01/a', [lineOf('G-1', 1), 'torn {', lineOf('G-2', 2)])
  await written('messages/day=2026-03-02/b', [lineOf('G-1', 3)])
  await written(
    'messages/day=2026-03-02/c',
    Array.from({ length: 1_200 }, (_, n) => lineOf('G-1', 100 + n)),
  )
  await written('messages/day=2026-03-03/d', [lineOf('G-1', 9)])
  const where = { ...{ s3, sqs, bucket, queueUrl: server.urlOf('ingest') }, from: '2026-03-01', to: '2026-03-02' }
  const unreadable = ['messages/day=2026-03-01/a:2']
  expect(await replayRecord({ ...where, dryRun: true })).toEqual({ objects: 3, messages: 1_203, sent: 0, unreadable })
  expect(server.messages('ingest')).toEqual([])
  expect(await replayRecord({ ...where, gateways: ['G-2'] })).toMatchObject({ messages: 1, sent: 1 })
  expect(server.messages('ingest').map(({ body }) => body)).toEqual([lineOf('G-2', 2)])
  server.failNextEntries.push(3, 1)
  const told: string[] = []
  const onObject = (key: string, sent: number) => told.push(`${key} ${sent}`)
  expect(await replayRecord({ ...where, after: 'messages/day=2026-03-01/a', onObject })).toMatchObject({ sent: 1_201 })
  expect(told).toEqual(['messages/day=2026-03-02/b 1', 'messages/day=2026-03-02/c 1201'])
  const bodies = new Set(server.messages('ingest').map(({ body }) => body))
  expect(bodies.size).toBe(1_202)
  expect(bodies.has(lineOf('G-1', 9))).toBe(false)
})

test.each([
  ['2026-3-1', '2026-03-02', '"2026-3-1" is no day'],
  ['2026-03-02', '2026-03-01', 'the days go from 2026-03-02 back to 2026-03-01'],
])('refuses the days from %s to %s', async (from, to, reason) => {
  const { server, sqs } = await openSqs({ ingest: {} }, () => NOON_MS)
  const where = { ...{ s3, sqs, bucket: RECORD, queueUrl: server.urlOf('ingest') }, from, to }
  await expect(replayRecord(where)).rejects.toThrow(reason)
})

test('an object that cannot be read is named', async () => {
  const { server, sqs } = await openSqs({ ingest: {} }, () => NOON_MS)
  await s3.send(new PutObjectCommand({ Bucket: 'torn', Key: 'messages/day=2026-03-01/x', Body: 'no gzip' }))
  const where = { ...{ s3, sqs, bucket: 'torn', queueUrl: server.urlOf('ingest') } }
  await expect(replayRecord({ ...where, from: '2026-03-01', to: '2026-03-01' })).rejects.toThrow(
    /^messages\/day=2026-03-01\/x: /,
  )
})

const HOURS = 72
const FROM_MS = NOON_MS - 4 * DAY_MS

async function hostOn(lake: TestLake): Promise<CloudHost> {
  const dynamo = servers.dynamo.client()
  onTestFinished(() => dynamo.destroy())
  const clock = { nowMs: NOON_MS }
  const { platform } = openTestLake(lake, { dynamo, s3, now: () => clock.nowMs })
  const unused = (): never => {
    throw new Error('nobody is to be told')
  }
  const devices: Platform['devices'] = {
    ...{ provision: async () => [], issue: unused, confirm: unused, revoke: unused, command: unused, enrols: true },
  }
  return openCloudHost({ ...platform, devices, notify: { send: unused } }, clock)
}

async function atRest(host: CloudHost): Promise<void> {
  await host.drain()
  for (const queue of ['settle', 'rollup', 'assess'] as const) {
    host.tick(queue)
    await host.drain()
  }
  expect(host.server.messages('ingest-dead')).toEqual([])
}

/** As DynamoDB restores a table to a moment: under another name. */
async function restored(table: string): Promise<string> {
  const [dynamo, copy] = [servers.dynamo.client(), await servers.dynamo.newTable()]
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table }))
  for (const part of parted(Items, 25)) {
    const requests = part.map((Item): WriteRequest => ({ PutRequest: { Item } }))
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [copy]: requests } }))
  }
  dynamo.destroy()
  return copy
}

const answersOf = async ({ platform: { state, readings, consumption } }: CloudHost) => {
  const meters = INSTITUTIONS.map(({ id }) => `${id}-E`)
  const day = Math.floor((FROM_MS + 8 * HOUR_MS) / DAY_MS)
  return {
    months: await documents({ state }, 'subject/'),
    samples: [...(await readings.range(meters, FROM_MS, NOON_MS))],
    days: await consumption.get(meters, day, day + 5),
  }
}

test('a restore: the series table lost, the state of a day before, and all is made again from the record', async () => {
  const lake = await newTestLake(servers)
  const host = await hostOn(lake)
  await register(host.platform, PROVINCE)
  await host.drain()
  const lines: string[] = []
  let early = ''
  for (let hour = 0; hour < HOURS; hour++) {
    const receivedMs = FROM_MS + hour * HOUR_MS + 1_000
    for (const [n, { id }] of INSTITUTIONS.entries()) {
      const reading = { meter: `${id}-E`, at: FROM_MS + hour * HOUR_MS, value: 100 + hour * (n + 2), unit: 'kWh' }
      const payload = JSON.stringify({ v: 1, readings: [reading] })
      host.publish(`G-${id}`, payload, receivedMs)
      lines.push(lineOf(`G-${id}`, receivedMs, payload))
    }
    if (hour !== 40) continue
    await atRest(host)
    early = await restored(lake.state)
  }
  await atRest(host)
  const wanted = await answersOf(host)
  expect(Object.keys(wanted.months).length).toBeGreaterThan(INSTITUTIONS.length)
  expect(wanted.samples.map(([, { atMs }]) => atMs.length)).toEqual(INSTITUTIONS.map(() => HOURS))

  for (const [n, part] of parted(lines, 50).entries()) await written(`messages/day=2026-05-01/restore-${n}`, part)
  const again = await hostOn({ ...(await newTestLake(servers)), state: early })
  const sqs = new SQSClient(testClient(again.server.endpoint))
  onTestFinished(() => sqs.destroy())
  const day = { from: '2026-05-01', to: '2026-05-01' }
  const sent = await replayRecord({ ...{ s3, sqs, bucket: RECORD, queueUrl: again.server.urlOf('ingest') }, ...day })
  expect(sent).toMatchObject({ sent: lines.length, unreadable: [] })
  await atRest(again)
  expect(await answersOf(again)).toEqual(wanted)
}, 240_000)
