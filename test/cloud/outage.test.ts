// A series store that is away for hours or days, at accelerated time, over influxd and a ledger in dynalite: every
// message waits in the queue, none becomes a dead letter, and all ends as if nothing had been. Each message comes back
// every 20 minutes, so two days are some 72 deliveries a message. `KILOWATCH_OUTAGE_MESSAGES=250000 npm run outage`
// plays as many messages; docs/operations.md has the figures.

import type { SQSClient } from '@aws-sdk/client-sqs'
import type { SQSRecord } from 'aws-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Unavailable } from '../../cloud/backoff.ts'
import { deadLetters } from '../../cloud/dead-letters.ts'
import { mqttEntry } from '../../cloud/events/messages.ts'
import { HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { ingest } from '../../functions/ingest.ts'
import type { Platform } from '../../functions/platform.ts'
import { RECEIVES_MAX } from '../../functions/triggers.ts'
import { runsOf } from '../campaign.ts'
import {
  AREAS,
  consumptionBytes,
  derive,
  documents,
  institution,
  meter,
  NOON_MS,
  openTestPlatform,
  register,
} from '../functions/province.ts'
import { NO_LOG } from './cloud-host.ts'
import { type CloudServers, startCloudServers } from './cloud-servers.ts'

const MESSAGES = Number(process.env.KILOWATCH_OUTAGE_MESSAGES) || runsOf({ test: 200, campaign: 10_000 })
const BATCH = 100
const STEP_MS = 5 * MINUTE_MS
/** As in the field, but for `npm test`, in which gateways send each hour. */
const INTERVAL_MS = runsOf({ test: 60, campaign: 15 }) * MINUTE_MS
const GATEWAYS = Math.ceil(MESSAGES / ((48 * HOUR_MS) / INTERVAL_MS))
/** A province's gateway has some six meters, and its message a reading of each. */
const METERS_PER_GATEWAY = 6

const COUNTIES = AREAS?.filter(({ level }) => level === 'county') ?? []
/** Ids begin with the county, as those of the province of the benches do. */
const INSTITUTIONS = Array.from({ length: GATEWAYS }, (_, n) => {
  const { code } = COUNTIES[n % COUNTIES.length]
  return institution(`${code}-${n}`, code)
})
const REGISTERED = INSTITUTIONS.flatMap(({ id }) =>
  Array.from({ length: METERS_PER_GATEWAY }, (_, n) => meter(`${id}-E${n}`, id, { intervalMinutes: 15 })),
)
const METERS = REGISTERED.map(({ id }) => id)
const gateways = INSTITUTIONS.map(({ id }) => ({ id: `G-${id}`, institution: id }))
const REGISTRY = { areas: AREAS, institutions: INSTITUTIONS, gateways, meters: REGISTERED }

let servers: CloudServers
beforeAll(async () => {
  servers = await startCloudServers(() => NOON_MS)
})
afterAll(() => servers.close())

interface Waiting {
  record: SQSRecord
  visibleMs: number
}

/** A queue as SQS keeps it, in memory: what was given back waits as long as it was told, and counts its receives. */
function queueAt(clock: { nowMs: number }) {
  const waiting = new Set<Waiting>()
  const byReceipt = new Map<string, Waiting>()
  const letters: string[] = []
  let sent = 0
  const sqs = {
    async send({ input }: { input: Record<string, never> }) {
      if ('QueueName' in input) return { QueueUrl: 'queue' }
      if ('MessageBody' in input) letters.push(input.MessageBody)
      for (const { ReceiptHandle, VisibilityTimeout } of (input.Entries ?? []) as WireEntry[]) {
        const message = byReceipt.get(ReceiptHandle)
        if (message) message.visibleMs = clock.nowMs + VisibilityTimeout * 1000
      }
      return {}
    },
  }
  return {
    waiting,
    letters,
    sqs: sqs as unknown as SQSClient,
    send(body: string): void {
      const id = String(sent++)
      const attributes = { ApproximateReceiveCount: '0', SentTimestamp: String(clock.nowMs) }
      const record = { messageId: id, receiptHandle: id, body, attributes, eventSourceARN: 'arn:aws:sqs:::ingest' }
      const message = { record: record as unknown as SQSRecord, visibleMs: clock.nowMs }
      waiting.add(message)
      byReceipt.set(id, message)
    },
    /** All that is visible now, in batches; a message received too often is gone to the dead letters without a word. */
    *batches(): Generator<SQSRecord[]> {
      const visible = [...waiting].filter(({ visibleMs }) => visibleMs <= clock.nowMs)
      for (let first = 0; first < visible.length; first += BATCH)
        yield visible.slice(first, first + BATCH).map(({ record }) => {
          const receives = Number(record.attributes.ApproximateReceiveCount) + 1
          if (receives > RECEIVES_MAX) throw new Error('SQS itself sets the message aside')
          record.attributes.ApproximateReceiveCount = String(receives)
          return record
        })
    },
    settle(records: readonly SQSRecord[], failed: ReadonlySet<string>): void {
      for (const { messageId } of records) {
        const message = byReceipt.get(messageId)
        if (failed.has(messageId) || !message) continue
        waiting.delete(message)
        byReceipt.delete(messageId)
      }
    },
  }
}
interface WireEntry {
  ReceiptHandle: string
  VisibilityTimeout: number
}

/** Sends all messages over two days while the store is away for `awayMs` from the first hour on. */
async function played(awayMs: number) {
  const base = await openTestPlatform()
  // Each batch reads the registry's head, 180,000 times in a long outage: dynalite would take 3 ms of this core each.
  const stores = { ...(await servers.inCloud(base, 'influxdb')), state: base.state }
  await register(stores, REGISTRY)
  const clock = { nowMs: NOON_MS }
  const queue = queueAt(clock)
  const readings: Platform['readings'] = {
    ...stores.readings,
    async append(batch, receivedMs) {
      const sinceMs = clock.nowMs - NOON_MS - HOUR_MS
      if (sinceMs >= 0 && sinceMs < awayMs) throw new Unavailable('connect ECONNREFUSED')
      return stores.readings.append(batch, receivedMs)
    },
  }
  const entry = mqttEntry({
    ingest: ingest({ ...stores, readings, fanOut: { send: async () => undefined } }),
    heard: async () => undefined,
    connections: async () => undefined,
    count: () => undefined,
    results: async () => undefined,
    log: NO_LOG,
    deadLetters: deadLetters({ sqs: queue.sqs, url: () => 'dead', now: () => clock.nowMs, log: NO_LOG }),
  })
  for (let sent = 0; sent < MESSAGES || queue.waiting.size > 0; clock.nowMs += STEP_MS) {
    const isTurn = (clock.nowMs - NOON_MS) % INTERVAL_MS === 0
    for (const end = Math.min(sent + (isTurn ? GATEWAYS : 0), MESSAGES); sent < end; sent++)
      queue.send(message(sent, clock.nowMs))
    for (const Records of queue.batches()) {
      const { batchItemFailures } = await entry({ Records })
      queue.settle(Records, new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)))
    }
  }
  await derive({ ...stores, now: () => NOON_MS + 72 * HOUR_MS })
  return {
    letters: queue.letters.length,
    readings: await stores.readings.count(METERS),
    outcome: { hours: await consumptionBytes(stores, METERS), months: await documents(stores, 'subject/') },
  }
}

/** A reading of each meter of a gateway; the gateways in turn, each within the interval. */
function message(n: number, receivedMs: number): string {
  const { id } = INSTITUTIONS[n % GATEWAYS]
  const at = receivedMs - INTERVAL_MS + Math.floor(((n % GATEWAYS) * INTERVAL_MS) / GATEWAYS)
  const readings = Array.from({ length: METERS_PER_GATEWAY }, (_, k) => ({ meter: `${id}-E${k}`, at, value: n / 10 }))
  const payload = JSON.stringify({ v: 1, readings })
  return JSON.stringify({ payload: Buffer.from(payload).toString('base64'), gateway: `G-${id}`, receivedMs })
}

const TEST_MS_MAX = runsOf({ test: 120_000, campaign: 3_600_000 })
let undisturbed: ReturnType<typeof played> | undefined

/** Of many messages, and in `npm test`, the long outage alone. */
const OUTAGE_HOURS = [2, 48].slice(MESSAGES > 20_000 ? 1 : runsOf({ test: 1, campaign: 0 }))

test.each(OUTAGE_HOURS)(
  'an outage of %i hours ends with every reading stored, no dead letter and the same bytes',
  async (hours) => {
    undisturbed ??= played(0)
    const [wanted, found] = [await undisturbed, await played(hours * HOUR_MS)]
    expect(wanted.readings).toBe(MESSAGES * METERS_PER_GATEWAY)
    expect(found).toEqual({ ...wanted, letters: 0 })
  },
  TEST_MS_MAX,
)
