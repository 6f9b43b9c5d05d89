// The FanOut port over SQS FIFO queues. A message's group is its shard, so that no two functions work on one shard at a
// time. Its deduplication id is the shard with the span of time in which it was sent, so that waiting messages merge.
// The queue's delay is longer than the span; docs/decisions/0016 says why that loses nothing.

import { setTimeout as pause } from 'node:timers/promises'
import {
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { must } from '../domain/must.ts'
import type { FanOut, QueueName } from '../functions/platform.ts'
import { GATHER_SECONDS, type Trigger, triggers } from '../functions/triggers.ts'
import type { FunctionLog } from './log.ts'

/** SQS's own limit. */
const ENTRIES_PER_BATCH = 10
const ATTEMPTS = 4
const RETRY_MS_FIRST = 50
/** A tick's message and a handler's, each of this span and of the one before. */
const WAITING_PER_SHARD_MAX = 4
/** Group of messages for all shards, and of scheduled ticks (infra/). */
const WHOLE_GROUP = 'all'

/** Body of a queue message. */
export interface ShardMessage {
  /** '' for all shards at once. */
  shard: string
  /** A scheduled run (ShardEvent). */
  scheduled?: true
}
export interface SqsFanOut extends FanOut {
  /** Sends a scheduled run to each shard, unless earlier ones wait: work that fails for days does not pile up. */
  tick(queue: QueueName, shards: readonly string[]): Promise<void>
}

export interface SqsFanOutOptions {
  sqs: SQSClient
  urlOf(queue: QueueName): string
  /** Epoch milliseconds. */
  now(): number
  log: FunctionLog
  /**
   * Whether the work of a queue waits for its schedule when this function would ask for it: what it asks for is marked
   * in the stores, and the scheduled run looks there. Absent: of no queue.
   */
  waits?(queue: QueueName): boolean
}

export function sqsFanOut({ sqs, urlOf, now, log, waits = () => false }: SqsFanOutOptions): SqsFanOut {
  /** Deduplication ids that SQS accepted in the present span: sending them again would only cost money. */
  let accepted = { span: -1, ids: new Set<string>() }

  async function sendBatch(queue: QueueName, entries: readonly SendMessageBatchRequestEntry[]): Promise<void> {
    let waiting = [...entries]
    for (let attempt = 1; ; attempt++) {
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: urlOf(queue), Entries: waiting }))
      const failed = new Map(Failed.map((one) => [one.Id, one]))
      for (const { Id, MessageDeduplicationId } of waiting)
        if (!failed.has(Id)) accepted.ids.add(`${queue}/${MessageDeduplicationId}`)
      waiting = waiting.filter(({ Id }) => failed.has(Id))
      if (waiting.length === 0) return
      const { Code, Message, SenderFault } = must(Failed[0])
      if (attempt === ATTEMPTS || SenderFault)
        throw new Error(`${waiting.length} messages to queue "${queue}" were not accepted: ${Code} ${Message ?? ''}`)
      await pause(Math.random() * RETRY_MS_FIRST * 2 ** attempt)
    }
  }

  async function send(queue: QueueName, shards: readonly string[], scheduled?: true): Promise<void> {
    const span = Math.floor(now() / (GATHER_SECONDS * 1000))
    if (span !== accepted.span) accepted = { span, ids: new Set() }
    const { each }: Trigger = triggers[queue]
    const groups = [...new Set(each ? shards : shards.slice(0, 1).map(() => ''))]
    // A scheduled run does more than a handler's message asks for, so the two must not merge.
    const workOf = (shard: string): string => `${shard || WHOLE_GROUP}-${scheduled ? 'tick' : 'work'}-${span}`
    const entries = groups.flatMap((shard, index): SendMessageBatchRequestEntry[] => {
      const MessageGroupId = shard || WHOLE_GROUP
      const MessageDeduplicationId = workOf(shard)
      if (accepted.ids.has(`${queue}/${MessageDeduplicationId}`)) return []
      const message: ShardMessage = { shard, ...(scheduled && { scheduled }) }
      return [{ Id: String(index), MessageBody: JSON.stringify(message), MessageGroupId, MessageDeduplicationId }]
    })
    // The ids by which the runs that follow name their work, also where a message was merged into one that waits.
    if (groups.length > 0) log('INFO', 'work asked for', { queue, work: groups.map(workOf) })
    for (let first = 0; first < entries.length; first += ENTRIES_PER_BATCH)
      await sendBatch(queue, entries.slice(first, first + ENTRIES_PER_BATCH))
  }

  async function tick(queue: QueueName, shards: readonly string[]): Promise<void> {
    const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed']
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: urlOf(queue), AttributeNames }))
    const waiting = AttributeNames.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0)
    if (waiting <= WAITING_PER_SHARD_MAX * shards.length) await send(queue, shards, true)
  }

  return {
    async send(queue, shards) {
      if (!waits(queue)) await send(queue, shards)
    },
    tick,
  }
}
