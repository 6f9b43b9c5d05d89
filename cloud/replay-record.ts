// Sends messages of the record (infra/record.ts) into the queue again, by the days on which Firehose wrote them: after
// a store was lost, what it had is made again (docs/operations.md#in-aws). A message that is stored already changes
// nothing, since it ranks by its own time of receipt.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { DAY_MS } from '../domain/calendar.ts'
import { iotMessageSchema } from './events/messages.ts'
import { fitting } from './replay-dead-letters.ts'

/** Messages held in memory before they are sent. */
const MESSAGES_AT_ONCE = 500
/** How often an entry that the queue did not take is sent. */
const TRIES_MAX = 5

export interface RecordReplay {
  s3: S3Client
  sqs: SQSClient
  bucket: string
  queueUrl: string
  /** Days of Firehose, in UTC: YYYY-MM-DD, both included. */
  from: string
  to: string
  /** Of these gateways alone. */
  gateways?: readonly string[]
  /** Objects up to this key are left out. */
  after?: string
  /** Counts only, sends nothing. */
  dryRun?: boolean
  /** Told of each object when all of it is sent. */
  onObject?(key: string, sent: number): void
}

export interface ReplayedRecord {
  objects: number
  /** Messages found, of the gateways asked for. */
  messages: number
  sent: number
  /** Lines that are no message, each by its object and number. */
  unreadable: string[]
}

/** Throws an Error that names the object where the bucket or the queue refuse; `after` goes on behind the last one. */
export async function replayRecord(options: RecordReplay): Promise<ReplayedRecord> {
  const { sqs, queueUrl, dryRun = false, onObject } = options
  const gateways = options.gateways && new Set(options.gateways)
  const result: ReplayedRecord = { objects: 0, messages: 0, sent: 0, unreadable: [] }
  for (const day of daysOf(options.from, options.to)) {
    for await (const key of keysOf(options, day)) {
      if (options.after !== undefined && key <= options.after) continue
      let held: string[] = []
      const flush = async (): Promise<void> => {
        if (!dryRun) await sendAll(sqs, queueUrl, held)
        if (!dryRun) result.sent += held.length
        held = []
      }
      try {
        let line = 0
        for await (const text of linesOf(options, key)) {
          line++
          const gateway = senderOf(text)
          if (gateway === undefined) result.unreadable.push(`${key}:${line}`)
          else if (!gateways || gateways.has(gateway)) {
            result.messages++
            if (held.push(text) >= MESSAGES_AT_ONCE) await flush()
          }
        }
        await flush()
      } catch (error) {
        throw new Error(`${key}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
      result.objects++
      onObject?.(key, result.sent)
    }
  }
  return result
}

/** Throws an Error when one is no day, or they go backwards. */
function daysOf(from: string, to: string): string[] {
  const [fromMs, toMs] = [from, to].map((day) => {
    const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
    if (Number.isNaN(ms)) throw new Error(`"${day}" is no day, such as 2026-03-01`)
    return ms
  }) as [number, number]
  if (toMs < fromMs) throw new Error(`the days go from ${from} back to ${to}`)
  return Array.from({ length: (toMs - fromMs) / DAY_MS + 1 }, (_, n) =>
    new Date(fromMs + n * DAY_MS).toISOString().slice(0, 10),
  )
}

async function* keysOf({ s3, bucket: Bucket }: RecordReplay, day: string): AsyncGenerator<string> {
  let ContinuationToken: string | undefined
  do {
    const Prefix = `messages/day=${day}/`
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }))
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken)
}

/** Firehose compresses each object; its lines are what the rule selected. */
async function* linesOf({ s3, bucket: Bucket }: RecordReplay, Key: string): AsyncGenerator<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  const packed = Body as Readable
  const input = packed.pipe(createGunzip())
  packed.on('error', (error) => input.destroy(error))
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) if (line !== '') yield line
}

function senderOf(line: string): string | undefined {
  try {
    return iotMessageSchema.safeParse(JSON.parse(line)).data?.gateway
  } catch {
    return undefined
  }
}

/** Throws an Error when the queue does not take one in several tries. */
async function sendAll(sqs: SQSClient, QueueUrl: string, bodies: readonly string[]): Promise<void> {
  let left = bodies.map((body) => ({ body }))
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === TRIES_MAX) throw new Error(`the queue did not take ${left.length} messages in ${tries} tries`)
    const failed: typeof left = []
    for (const part of fitting(left)) {
      const Entries = part.map(({ body }, n) => ({ Id: String(n), MessageBody: body }))
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      const ids = new Set(Failed.map(({ Id }) => Id))
      failed.push(...part.filter((_, n) => ids.has(String(n))))
    }
    left = failed
  }
}
