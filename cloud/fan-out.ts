// The FanOut port over SQS FIFO queues: the group of a message is its shard, so that no two functions work on one shard
// at a time, and its deduplication id is the shard with the span of time it was sent in, so that messages that wait are
// one. The queue's delay is longer than the span; why that loses nothing is in docs/decisions/0016.

import { setTimeout as pause } from 'node:timers/promises'
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs'
import { must } from '../domain/must.ts'
import type { FanOut, QueueName } from '../functions/platform.ts'
import { GATHER_SECONDS, type Trigger, triggers } from '../functions/triggers.ts'

/** SQS's own limit. */
const ENTRIES_PER_BATCH = 10
const ATTEMPTS = 4
const RETRY_MS_FIRST = 50
/** Group of messages that are for all at once, and of the ticks of schedules (infra/). */
const WHOLE_GROUP = 'all'

/** What a queue's message says. */
export interface ShardMessage {
  /** '' where a message is for all at once. */
  shard: string
  /** The clock's turn (ShardEvent). */
  scheduled?: true
}
export interface SqsFanOut extends FanOut {
  /** Sends the clock's turn on to each shard. */
  tick(queue: QueueName, shards: readonly string[]): Promise<void>
}

export interface SqsFanOutOptions {
  sqs: SQSClient
  urlOf(queue: QueueName): string
  /** Epoch milliseconds. */
  now(): number
}

export function sqsFanOut({ sqs, urlOf, now }: SqsFanOutOptions): SqsFanOut {
  /** Deduplication ids of the present span that SQS has accepted: they need not be sent, or paid, again. */
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
    const entries = groups.flatMap((shard, index): SendMessageBatchRequestEntry[] => {
      const MessageGroupId = shard || WHOLE_GROUP
      // The clock's turn says more than a message of a handler, so it is not the same.
      const MessageDeduplicationId = `${MessageGroupId}-${scheduled ? 'tick' : 'work'}-${span}`
      if (accepted.ids.has(`${queue}/${MessageDeduplicationId}`)) return []
      const message: ShardMessage = { shard, ...(scheduled && { scheduled }) }
      return [{ Id: String(index), MessageBody: JSON.stringify(message), MessageGroupId, MessageDeduplicationId }]
    })
    for (let first = 0; first < entries.length; first += ENTRIES_PER_BATCH)
      await sendBatch(queue, entries.slice(first, first + ENTRIES_PER_BATCH))
  }

  return { send: (queue, shards) => send(queue, shards), tick: (queue, shards) => send(queue, shards, true) }
}
