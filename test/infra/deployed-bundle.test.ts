// The bundles as Lambda runs them: esbuild's own output in plain node, with the environment that infra/ sets and
// nothing else, against influxd, dynalite and queues over their wires. A message of the IoT rule becomes hours, and the
// API says so.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { openInfluxConsumption } from '../../cloud/series/influx/consumption.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { dayOf, HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { SeriesView } from '../../domain/view/view.ts'
import { importRegistry } from '../../functions/registry/import.ts'
import { bundlesOf } from '../../infra/code.ts'
import { startBucket } from '../cloud/bucket.ts'
import { startDynamo } from '../cloud/dynamo.ts'
import { INFLUX_USER, startInflux } from '../cloud/influx.ts'
import { startSqs } from '../cloud/sqs-server.ts'
import { temporaryFolder } from '../devices/broker.ts'
import { PROVINCE } from '../functions/province.ts'

const TEST_MS_MAX = 120_000
const bundles = bundlesOf(['ingest', 'settle', 'api'].map((name) => `cloud/entries/${name}.ts`))
/** Reads an event, imports the bundle as the runtime does, writes what its handler answers. */
const RUNTIME = `
  const [event, { handler }] = [JSON.parse(await (await import('node:stream/consumers')).text(process.stdin)), await import(process.argv[1])]
  process.stdout.write('\\n' + JSON.stringify(await handler(event, { getRemainingTimeInMillis: () => 60_000 })), () => process.exit())`

test(
  'a message of the IoT rule goes through the deployed bundles to hours that the API tells',
  async () => {
    const [influx, dynamo, bucket, secrets] = [
      await startInflux(),
      await startDynamo(),
      await startBucket(),
      await startSecret(JSON.stringify({ username: INFLUX_USER.user, password: INFLUX_USER.password })),
    ]
    const fifo = { fifo: true, deadLetters: 'dead' }
    const sqs = await startSqs({ ingest: {}, settle: fifo, assess: fifo, dead: {} }, Date.now)
    const client = dynamo.client()
    onTestFinished(async () => {
      client.destroy()
      for (const server of [sqs, secrets, bucket, dynamo, influx]) await server.close()
    })
    const [table, database] = [await dynamo.newTable(), await influx.newDatabase()]
    const place = await client.config.endpoint?.()
    const environment = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_DYNAMODB: `http://${place?.hostname}:${place?.port}`,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      KILOWATCH_STORE: 'influxdb',
      KILOWATCH_STATE_TABLE: table,
      KILOWATCH_OBJECTS_BUCKET: 'objects',
      KILOWATCH_INFLUX_URL: influx.url,
      KILOWATCH_INFLUX_DATABASE: database,
      KILOWATCH_INFLUX_SECRET_ARN: 'arn',
      KILOWATCH_QUEUE_SETTLE_URL: sqs.urlOf('settle'),
      KILOWATCH_QUEUE_ASSESS_URL: sqs.urlOf('assess'),
      KILOWATCH_DEAD_LETTERS_URL: sqs.urlOf('dead'),
    }
    const invoke = <Answer>(entry: string, event: unknown): Promise<Answer> => runBundle(entry, event, environment)

    const objects = openObjectBucket({ s3: bucket.client(), bucket: 'objects' })
    expect((await importRegistry(openStateTable({ dynamo: client, table, objects }), PROVINCE)).problems).toEqual([])
    const startMs = Math.floor(Date.now() / HOUR_MS - 6) * HOUR_MS
    const readings = [0, 1, 2, 3].map((hour) => ({ meter: 'A-E', at: startMs + hour * HOUR_MS, value: 100 + 2 * hour }))
    const payload = Buffer.from(JSON.stringify({ v: 1, readings })).toString('base64')
    sqs.send('ingest', JSON.stringify({ payload, gateway: 'G-A', receivedMs: Date.now() }))
    sqs.send('ingest', 'no JSON of a rule')

    expect(await invoke('cloud/entries/ingest.ts', sqs.receive('ingest', 100))).toEqual({ batchItemFailures: [] })
    expect(sqs.messages('dead').map(({ attributes }) => attributes.reason.stringValue)).toEqual([
      expect.stringContaining('not JSON of the IoT rule'),
    ])
    expect(await invoke('cloud/entries/settle.ts', sqs.receive('settle', 10))).toEqual({ batchItemFailures: [] })
    expect(sqs.messages('assess').map(({ body }) => JSON.parse(body))).toEqual([{ shard: '130102' }])

    const credentials = async () => INFLUX_USER
    const stored = await openInfluxConsumption({ url: influx.url, database, credentials }).get(
      ['A-E'],
      dayOf(startMs),
      dayOf(startMs + 3 * HOUR_MS) + 1,
    )
    const amounts = stored.flatMap((day) => [...day.amounts]).filter((amount) => !Number.isNaN(amount))
    expect(amounts).toEqual([2, 2, 2])

    const iso = (ms: number): string => new Date(ms).toISOString()
    const answer = await invoke<{ statusCode: number; body: string }>(
      'cloud/entries/api.ts',
      getEvent('/api/v1/meters/A-E/series', { from: iso(startMs), to: iso(startMs + 3 * HOUR_MS), step: 'hour' }),
    )
    expect(answer.statusCode, answer.body).toBe(200)
    const { points } = JSON.parse(answer.body) as SeriesView
    expect(points.map(({ value }) => value)).toEqual([2, 2, 2])
  },
  TEST_MS_MAX,
)

/** What API Gateway sends of a GET, payload format 2.0. */
const getEvent = (rawPath: string, query: Record<string, string>) => ({
  version: '2.0',
  rawPath,
  rawQueryString: new URLSearchParams(query).toString(),
  queryStringParameters: query,
  headers: {},
  requestContext: {
    http: { method: 'GET', path: rawPath },
    authorizer: { jwt: { claims: { sub: 'li', 'cognito:groups': '[kilowatch:county:130102]' } } },
  },
  isBase64Encoded: false,
})

async function runBundle<Answer>(entry: string, event: unknown, env: Record<string, string>): Promise<Answer> {
  const file = join(temporaryFolder(), 'index.mjs')
  writeFileSync(file, must(bundles.get(entry)).code)
  const child = spawn(process.execPath, ['--input-type=module', '-e', RUNTIME, file], { env })
  child.stdin.end(JSON.stringify(event))
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (said === '') throw new Error(`${entry} answered nothing: ${complained}`)
  // Before the answer stand lines of metrics.
  return JSON.parse(said.split('\n').at(-1) ?? '') as Answer
}

/** Secrets Manager with one secret. */
async function startSecret(SecretString: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    response.end(JSON.stringify({ SecretString }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
