// A host in AWS without AWS: the real handlers behind the real entries, over queues that speak SQS's protocol and any
// stores. What Lambda and the scheduler would do by themselves a test does here, so that it can also do it badly.

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { deadLetters } from '../../cloud/dead-letters.ts'
import { apiEntry } from '../../cloud/events/http.ts'
import { mqttEntry, type SqsHandler } from '../../cloud/events/messages.ts'
import { shardEntry } from '../../cloud/events/queued.ts'
import { sqsFanOut } from '../../cloud/fan-out.ts'
import { lambdaConnectionWatch, lambdaGatewayWatch } from '../../cloud/gateway-watch.ts'
import { type FunctionLog, jsonLog } from '../../cloud/log.ts'
import { metricsWriter } from '../../cloud/metrics.ts'
import { type ApiEvent, api } from '../../functions/api.ts'
import { assess } from '../../functions/assess.ts'
import { contract } from '../../functions/contract.ts'
import { control } from '../../functions/control.ts'
import { ingest } from '../../functions/ingest.ts'
import { notify } from '../../functions/notify.ts'
import type { Platform, QueueName, StateStore } from '../../functions/platform.ts'
import { prune } from '../../functions/prune.ts'
import { reports } from '../../functions/reports.ts'
import { rollup } from '../../functions/rollup.ts'
import { settle } from '../../functions/settle.ts'
import { hiddenFrom, type Writer, writtenBy } from '../../functions/state/document-rights.ts'
import { collectionOf } from '../../functions/state/documents.ts'
import { QUEUE_DELAY_SECONDS, RECEIVES_MAX, type Trigger, triggers } from '../../functions/triggers.ts'
import { takeResult } from '../../functions/wire/commands.ts'
import { openSqs } from './aws.ts'
import type { SqsServer } from './sqs-server.ts'

export const VISIBILITY_MS = 90_000
const SHARD_HANDLERS = { settle, assess, rollup, notify, prune, reports, contract, control } satisfies Record<
  QueueName,
  unknown
>
const QUEUES = Object.keys(SHARD_HANDLERS) as QueueName[]
export type Source = 'ingest' | QueueName
/** Lambda's batch: 10 of a FIFO queue, what infra/ says of the other. */
const BATCH: Record<Source, number> = {
  ingest: 100,
  settle: 10,
  assess: 10,
  rollup: 10,
  notify: 10,
  prune: 10,
  reports: 10,
  contract: 10,
  control: 10,
}
const ROUNDS_MAX = 100_000

export const NO_LOG: FunctionLog = Object.assign(() => undefined, { begin: () => undefined })
export const deadLettersOf = (source: Source): string => `${source}-dead`

export interface CloudHost {
  server: SqsServer
  /** Lines of the functions' log. */
  logs: string[]
  /** Lines of metrics. */
  metrics: string[]
  clock: { nowMs: number }
  /** What the IoT rule puts into the queue. */
  publish(gateway: string, payload: string | Uint8Array, receivedMs?: number): void
  /** What the scheduler puts into a queue. */
  tick(queue: QueueName): void
  /** A batch, in flight. */
  receive(source: Source, max?: number): SQSEvent | undefined
  /** Runs a function, of this host or of one with another platform. */
  invoke(source: Source, event: SQSEvent, on?: Platform): Promise<SQSBatchResponse>
  /** Lets time pass for queues alone. */
  wait(ms: number): void
  /**
   * Runs functions, and lets time pass where messages wait for it, until all queues but those of dead letters are
   * empty.
   */
  drain(on?: Platform): Promise<void>
  /** Through API Gateway, as an administrator. */
  get<T>(path: string): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  /** Through API Gateway, without a token; any status is an answer. */
  askAsNobody(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; text: string }>
  platform: Platform
}

export async function openCloudHost(
  stores: Omit<Platform, 'fanOut' | 'now'>,
  clock: { nowMs: number },
): Promise<CloudHost> {
  // Time that messages wait passes for queues alone, so that what is judged does not depend on it.
  let waitedMs = 0
  const queueNow = (): number => clock.nowMs + waitedMs
  const fifo = {
    fifo: true,
    delayMs: QUEUE_DELAY_SECONDS * 1000,
    visibilityMs: VISIBILITY_MS,
    receivesMax: RECEIVES_MAX,
  }
  const queues = Object.fromEntries(
    QUEUES.flatMap((queue) => [
      [queue, { ...fifo, deadLetters: deadLettersOf(queue) }],
      [deadLettersOf(queue), { fifo: true }],
    ]),
  )
  const plain = { visibilityMs: VISIBILITY_MS, receivesMax: RECEIVES_MAX, deadLetters: deadLettersOf('ingest') }
  const { server, sqs } = await openSqs({ ...queues, ingest: plain, [deadLettersOf('ingest')]: {} }, queueNow)
  const logs: string[] = []
  const metrics: string[] = []
  const log = jsonLog({ now: queueNow, write: (line) => logs.push(line) })
  const count = metricsWriter({ stage: () => 'test', now: queueNow, write: (line) => metrics.push(line) })
  const fanOut = sqsFanOut({ sqs, urlOf: server.urlOf, now: queueNow, log })
  const platform: Platform = { ...stores, fanOut, now: () => clock.nowMs }

  /** As a cold start makes it. */
  const entryOf = (source: Source, host: Platform): SqsHandler => {
    const on = { ...host, state: withinRights(host.state, source) }
    const letters = deadLetters({
      sqs,
      url: () => server.urlOf(deadLettersOf(source)),
      now: queueNow,
      log,
    })
    if (source === 'ingest')
      return mqttEntry({
        ingest: ingest(on),
        deadLetters: letters,
        heard: lambdaGatewayWatch(on.state),
        connections: lambdaConnectionWatch(on.state),
        results: (message) => takeResult(on.state, message),
        ...{ count, log },
      })
    const handler = SHARD_HANDLERS[source](on)
    return shardEntry({
      ...{ queue: source, handler, state: on.state, fanOut, deadLetters: letters },
      ...{ count, log, now: () => clock.nowMs },
    })
  }
  const warm = new Map<Source, SqsHandler>([...QUEUES, 'ingest' as const].map((one) => [one, entryOf(one, platform)]))
  const http = apiEntry(api({ ...platform, state: withinRights(platform.state, 'api') }), () => ({
    claim: 'cognito:groups',
    value: 'kilowatch-admin',
  }))

  const call = async <T>(event: ApiEvent): Promise<T> => {
    const { statusCode, body } = await http(event)
    if (statusCode !== 200) throw new Error(`${event.rawPath}: ${statusCode} ${body}`)
    return JSON.parse(body ?? '') as T
  }
  const invoke: CloudHost['invoke'] = (source, event, on) =>
    (on ? entryOf(source, on) : (warm.get(source) as SqsHandler))(event)
  const receive = (source: Source, max = BATCH[source]) => server.receive(source, max)
  const sources: readonly Source[] = ['ingest', ...QUEUES]

  async function drain(on?: Platform): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let worked = false
      for (const source of sources) {
        for (let event = receive(source); event; event = receive(source)) {
          worked = true
          const { batchItemFailures } = await invoke(source, event, on)
          server.settle(
            source,
            event,
            batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
          )
        }
      }
      if (worked) continue
      const waiting = sources.flatMap((source) => server.messages(source).map(({ visibleMs }) => visibleMs))
      if (waiting.length === 0) return
      waitedMs = Math.max(waitedMs, Math.min(...waiting) - clock.nowMs)
    }
    throw new Error(`the queues are not empty after ${ROUNDS_MAX} rounds`)
  }

  return {
    server,
    logs,
    metrics,
    clock,
    platform,
    publish(gateway, payload, receivedMs = queueNow()) {
      const body = { payload: Buffer.from(payload).toString('base64'), gateway, receivedMs }
      server.send('ingest', JSON.stringify(body))
    },
    tick(queue) {
      const { everyMinutes }: Trigger = triggers[queue]
      if (!everyMinutes) throw new Error(`queue "${queue}" has no schedule`)
      server.send(queue, JSON.stringify({ scheduled: queue, at: new Date(queueNow()).toISOString() }), 'all')
    },
    receive,
    invoke,
    wait(ms) {
      waitedMs += ms
    },
    drain,
    get: <T>(path: string) => call<T>(httpEvent('GET', path, ADMIN)),
    put: <T>(path: string, body: unknown) => call<T>(httpEvent('PUT', path, ADMIN, body)),
    post: <T>(path: string, body: unknown) => call<T>(httpEvent('POST', path, ADMIN, body)),
    async askAsNobody(method, path, body) {
      const { statusCode, body: text = '' } = await http(httpEvent(method, path, undefined, body))
      return { status: statusCode ?? 0, text }
    },
  }
}

const ADMIN = { 'cognito:groups': '[kilowatch-admin]' }

/** An HTTP API event (payload 2.0) as API Gateway makes it of a request. */
export function httpEvent(method: string, path: string, claims?: Record<string, unknown>, body?: unknown): ApiEvent {
  const url = new URL(path, 'https://example.org/api/v1/')
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: {},
    queryStringParameters: Object.fromEntries(url.searchParams),
    requestContext: {
      http: { method, path: url.pathname, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  } as unknown as ApiEvent
}

/** Refuses what the function has no right to write or to read, as DynamoDB does (infra/store.ts). */
export function withinRights(state: StateStore, writer: Writer): StateStore {
  const [allowed, hidden] = [new Set(writtenBy(writer)), new Set(hiddenFrom(writer))]
  const insist = (keys: readonly string[]): void => {
    const refused = keys.find((key) => !allowed.has(collectionOf(key)))
    if (refused !== undefined) throw new Error(`AccessDenied: ${writer} may not write ${refused}`)
  }
  const insistRead = (keys: readonly string[]): void => {
    const refused = keys.find((key) => hidden.has(collectionOf(key)))
    if (refused !== undefined) throw new Error(`AccessDenied: ${writer} may not read ${refused}`)
  }
  return {
    ...state,
    async get(key) {
      insistRead([key])
      return state.get(key)
    },
    async getMany(keys) {
      insistRead(keys)
      return state.getMany(keys)
    },
    async query(prefix, options) {
      insistRead([prefix])
      return state.query(prefix, options)
    },
    async put(docs, options) {
      insist(docs.map(({ key }) => key))
      return state.put(docs, options)
    },
    async delete(keys) {
      insist(keys)
      return state.delete(keys)
    },
  }
}
