// A series store that is away for hours or days, at accelerated time: every message waits in the queue, none becomes a
// dead letter, and all ends as if nothing had been. `npm run campaign` plays 250,000 messages.

import type { SQSClient } from '@aws-sdk/client-sqs'
import type { SQSRecord } from 'aws-lambda'
import { expect, test } from 'vitest'
import { Unavailable } from '../../cloud/backoff.ts'
import { deadLetters } from '../../cloud/dead-letters.ts'
import { mqttEntry } from '../../cloud/events/messages.ts'
import { HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { ingest } from '../../functions/ingest.ts'
import type { Platform } from '../../functions/platform.ts'
import { RECEIVES_MAX } from '../../functions/triggers.ts'
import { runsOf } from '../campaign.ts'
import {
  consumptionBytes,
  derive,
  documents,
  INSTITUTIONS,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
} from '../functions/province.ts'

const MESSAGES = runsOf({ test: 400, campaign: 250_000 })
const BATCH = 100
const STEP_MS = 5 * MINUTE_MS
const PER_STEP = Math.ceil(MESSAGES / ((48 * HOUR_MS) / STEP_MS))
const METERS = INSTITUTIONS.map(({ id }) => `${id}-E`)

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
  const stores = await openTestPlatform()
  await register(stores, PROVINCE)
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
    deadLetters: deadLetters({ sqs: queue.sqs, url: () => 'dead', now: () => clock.nowMs, log: () => undefined }),
  })
  for (let sent = 0; sent < MESSAGES || queue.waiting.size > 0; clock.nowMs += STEP_MS) {
    for (const end = Math.min(sent + PER_STEP, MESSAGES); sent < end; sent++) queue.send(message(sent, clock.nowMs))
    for (const Records of queue.batches()) {
      const { batchItemFailures } = await entry({ Records })
      queue.settle(Records, new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)))
    }
  }
  stores.clock.nowMs = NOON_MS + 72 * HOUR_MS
  await derive(stores)
  return {
    letters: queue.letters.length,
    readings: await stores.readings.count(METERS),
    outcome: { hours: await consumptionBytes(stores, METERS), months: await documents(stores, 'subject/') },
  }
}

/** One reading of an institution, each in turn; times rise. */
function message(n: number, receivedMs: number): string {
  const { id } = INSTITUTIONS[n % INSTITUTIONS.length]
  const atMs = receivedMs - STEP_MS + Math.floor(((n % PER_STEP) * STEP_MS) / PER_STEP)
  const payload = JSON.stringify({ v: 1, readings: [{ meter: `${id}-E`, at: atMs, value: n / 10 }] })
  return JSON.stringify({ payload: Buffer.from(payload).toString('base64'), gateway: `G-${id}`, receivedMs })
}

const TEST_MS_MAX = runsOf({ test: 120_000, campaign: 3_600_000 })
const undisturbed = played(0)
undisturbed.catch(() => undefined)

test.each([2, 48])(
  'an outage of %i hours ends with every reading stored, no dead letter and the same bytes',
  async (hours) => {
    const [wanted, found] = [await undisturbed, await played(hours * HOUR_MS)]
    expect(wanted.readings).toBe(MESSAGES)
    expect(found).toEqual({ ...wanted, letters: 0 })
  },
  TEST_MS_MAX,
)
