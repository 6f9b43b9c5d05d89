// SQS → the handlers of queues. A record is a shard to work on, or a scheduled tick, which becomes one message for each
// shard: shards of a province run in parallel, and a failing county is retried alone.

import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { Handler } from '../../functions/handler.ts'
import type { QueueName, ShardEvent, ShardResult, StateStore } from '../../functions/platform.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { type Trigger, triggers } from '../../functions/triggers.ts'
import type { DeadLetters, MessageFailure } from '../dead-letters.ts'
import type { RunContext } from '../deadline.ts'
import type { ShardMessage, SqsFanOut } from '../fan-out.ts'
import type { FunctionLog } from '../log.ts'
import type { CountMetrics } from '../metrics.ts'
import type { SqsHandler } from './messages.ts'

/** A schedule names its trigger; its other fields only make its messages differ. */
const tickSchema = z.object({ scheduled: z.string() })
const messageSchema = z.union([
  z.object({ shard: z.string(), scheduled: z.literal(true).optional() }) satisfies z.ZodType<ShardMessage>,
  tickSchema.transform((): ShardMessage => ({ shard: '', scheduled: true })),
])

export interface ShardEntryOptions {
  queue: QueueName
  handler: Handler<ShardEvent, ShardResult>
  state: StateStore
  fanOut: Pick<SqsFanOut, 'tick'>
  deadLetters: DeadLetters
  count: CountMetrics
  log: FunctionLog
  /** Epoch milliseconds. */
  now(): number
}

export function shardEntry(options: ShardEntryOptions): SqsHandler {
  const { queue, state, fanOut, deadLetters, log } = options
  const { each }: Trigger = triggers[queue]
  return async ({ Records }, context) => {
    log.begin(context)
    const failures: MessageFailure[] = []
    const ticks: SQSRecord[] = []
    const waiting: Waiting[] = []
    for (const record of Records) {
      const message = messageOf(record)
      if ('reason' in message) failures.push({ record, reason: message.reason, poison: true })
      else if (each && message.shard === '') ticks.push(record)
      else waiting.push({ record, ...message })
    }
    if (each && ticks.length > 0) {
      try {
        await fanOut.tick(queue, await unitsOf(each, state))
      } catch (error) {
        failures.push(...ticks.map((record) => ({ record, reason: String(error) })))
      }
    }
    for (const same of Map.groupBy(waiting, ({ scheduled }) => scheduled).values()) {
      failures.push(...(await work(options, same, context)))
    }
    return deadLetters.settle(failures)
  }
}

type Waiting = ShardMessage & { record: SQSRecord }

/** Time that a part of long work may take, with its marks: the next one is not begun without it. */
const PART_MS = 180_000

/** Works on the shards of messages of one kind; when a shard fails, all of its messages are delivered again. */
async function work(
  { handler, queue, count, log, now }: ShardEntryOptions,
  waiting: readonly Waiting[],
  context: RunContext | undefined,
): Promise<MessageFailure[]> {
  const asked = [...new Set(waiting.map(({ shard }) => shard))]
  const isWhole = asked.includes('')
  const { scheduled = isWhole } = must(waiting[0])
  const hasTime = context && (() => context.getRemainingTimeInMillis() > PART_MS)
  let settledMs: number | undefined
  const settledTo = (latestMs: number): void => {
    settledMs = Math.max(settledMs ?? latestMs, latestMs)
  }
  const { failed } = await handler({
    shards: isWhole ? [] : asked,
    ...{ scheduled, settledTo, ...(hasTime && { hasTime }) },
  }).catch((error: unknown): ShardResult => ({ failed: asked.map((shard) => ({ shard, reason: String(error) })) }))
  const hourEndMs = settledMs === undefined ? undefined : Math.floor(settledMs / HOUR_MS) * HOUR_MS
  if (hourEndMs !== undefined) count({ SettledHourAge: Math.max(0, (now() - hourEndMs) / 1000) })
  log('INFO', 'work done', {
    queue,
    messages: waiting.map(({ record: { messageId, attributes } }) => ({
      message_id: messageId,
      work: attributes.MessageDeduplicationId,
    })),
    settled_to: hourEndMs === undefined ? undefined : new Date(hourEndMs).toISOString(),
    failed: failed.length,
  })
  return failed.flatMap(({ shard, reason }) =>
    waiting
      // A message for all shards is delivered again when any of them failed.
      .filter((one) => isWhole || one.shard === shard)
      .map(({ record }) => ({ record, reason: shard === '' ? reason : `${shard}: ${reason}` })),
  )
}

/** The shards or areas to which a tick is sent on. */
async function unitsOf(each: NonNullable<Trigger['each']>, state: StateStore): Promise<string[]> {
  const registry = registryReader(state)
  const { shards } = await registry.refresh()
  if (each === 'shard') return shards
  const areas = await registry.areas()
  const parents = new Set(areas.map(({ parent }) => parent))
  return areas.map(({ code }) => code).filter((code) => each === 'area' || parents.has(code))
}

function messageOf({ body }: SQSRecord): ShardMessage | { reason: string } {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return { reason: `not a message of ours: ${String(error)}` }
  }
  const parsed = messageSchema.safeParse(json)
  if (!parsed.success) return { reason: 'not a message of ours: neither "shard" nor "scheduled"' }
  return parsed.data
}
