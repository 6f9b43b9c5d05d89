// DynamoDB, SQS, Timestream and InfluxDB as far as `ingest` asks them, on one socket: each answers at once and keeps
// nothing, so that what is measured is ours. The registry they know is the fleet of bench/cloud-ingest.ts.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { type GatewayEntry, type RegistryHead, registryKeys } from '../functions/registry/reader.ts'

export const STORES = ['timestream', 'influxdb'] as const
export type Store = (typeof STORES)[number]
export const GATEWAYS = 20
export const METERS_PER_GATEWAY = 50
export const gatewayId = (n: number): string => `130102-${String(n).padStart(4, '0')}`
export const meterId = (gateway: string, n: number): string => `${gateway}-E${n}`

export interface Services {
  /** What a function's process is told to find them. */
  environment(store: Store): Record<string, string>
  close(): Promise<void>
}

export async function startServices(): Promise<Services> {
  const documents = registry()
  const server = createServer(async (request, response) => {
    const answer = await answerTo(request, documents)
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    if (answer === undefined) response.writeHead(204).end()
    else response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    environment: (store) => ({
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      KILOWATCH_STORE: store,
      KILOWATCH_STATE_TABLE: 'state',
      KILOWATCH_OBJECTS_BUCKET: 'objects',
      KILOWATCH_TIMESTREAM_DATABASE: 'kilowatch',
      KILOWATCH_READINGS_TABLE: 'readings',
      KILOWATCH_INFLUX_URL: url,
      KILOWATCH_INFLUX_DATABASE: 'kilowatch',
      KILOWATCH_INFLUX_SECRET_ARN: 'secret',
      KILOWATCH_QUEUE_SETTLE_URL: `${url}/0/settle.fifo`,
      KILOWATCH_DEAD_LETTERS_URL: `${url}/0/dead`,
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What a service says; undefined: done, without a word. Throws for what `ingest` has no business to ask. */
async function answerTo(request: IncomingMessage, documents: ReadonlyMap<string, unknown>): Promise<unknown> {
  const action = String(request.headers['x-amz-target'] ?? '').split('.')[1]
  if (action === undefined) {
    for await (const _ of request); // InfluxDB's line protocol
    return undefined
  }
  const body = (await json(request)) as AwsRequest
  switch (action) {
    case 'GetItem': {
      const key = body.Key.sk.S
      if (body.Key.pk.S === 'touched-start') return { Item: { ...body.Key, start: { N: '1' } } }
      const value = documents.get(key)
      return value ? { Item: { ...body.Key, version: { N: '1' }, json: { S: JSON.stringify(value) } } } : {}
    }
    case 'Query':
      return { Items: [], Count: 0 }
    case 'PutItem':
    case 'UpdateItem':
    case 'TransactWriteItems':
      return {}
    case 'BatchGetItem':
      return { Responses: {}, UnprocessedKeys: {} }
    case 'DescribeEndpoints':
      return { Endpoints: [{ Address: '127.0.0.1', CachePeriodInMinutes: 60 }] }
    case 'WriteRecords':
      return { RecordsIngested: { Total: body.Records.length } }
    case 'GetSecretValue':
      return { SecretString: '{"token":"bench"}' }
    case 'SendMessageBatch':
      return {
        Successful: body.Entries.map(({ Id, MessageBody }) => ({
          Id,
          MessageId: Id,
          MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
        })),
      }
    default:
      throw new Error(`ingest asked for ${action}`)
  }
}
interface AwsRequest {
  Key: { pk: { S: string }; sk: { S: string } }
  Records: readonly unknown[]
  Entries: readonly { Id: string; MessageBody: string }[]
}

function registry(): Map<string, unknown> {
  const head: RegistryHead = {
    revision: 1,
    institutions: GATEWAYS,
    meters: GATEWAYS * METERS_PER_GATEWAY,
    shards: ['130102'],
    rootArea: '130102',
  }
  const documents = new Map<string, unknown>([[registryKeys.head, head]])
  for (let n = 0; n < GATEWAYS; n++) {
    const id = gatewayId(n)
    const ids = Array.from({ length: METERS_PER_GATEWAY }, (_, m) => meterId(id, m))
    const entry: GatewayEntry = {
      gateway: { id, institution: id },
      shard: '130102',
      meters: Object.fromEntries(ids.map((one) => [one, { id: one, medium: 'electricity', unit: 'kWh', gateway: id }])),
    }
    documents.set(registryKeys.gateway(id), entry)
  }
  return documents
}
