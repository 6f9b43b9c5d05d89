// SQS → the handlers of queues. A record is a shard to be worked on, or a tick of the clock, which becomes one message for
// each shard: so a province is worked on side by side, and a county that fails is tried again alone.

import type { SQSRecord } from 'aws-lambda'
import { z } from 'zod'
import type { Handler } from '../functions/handler.ts'
import type { Platform, QueueName, ShardEvent, ShardResult } from '../functions/platform.ts'
import { registryReader } from '../functions/registry.ts'
import { type Trigger, triggers } from '../functions/triggers.ts'
import type { DeadLetters, MessageFailure } from './dead-letters.ts'
import type { SqsHandler } from './mqtt-entry.ts'

/** `scheduled` names the trigger; what else a schedule adds is only there to make its messages differ. */
const messageSchema = z.union([z.object({ shard: z.string() }), z.object({ scheduled: z.string() })])

export interface ShardEntryOptions {
  queue: QueueName
  handler: Handler<ShardEvent, ShardResult>
  platform: Pick<Platform, 'state' | 'fanOut'>
  deadLetters: DeadLetters
}

export function shardEntry({ queue, handler, platform, deadLetters }: ShardEntryOptions): SqsHandler {
  const { each }: Trigger = triggers[queue]
  return async ({ Records }) => {
    const failures: MessageFailure[] = []
    const ticks: SQSRecord[] = []
    const waiting = new Map<string, SQSRecord[]>()
    for (const record of Records) {
      const message = messageOf(record)
      if ('reason' in message) failures.push({ record, reason: message.reason, poison: true })
      else if (each && !message.shard) ticks.push(record)
      else waiting.set(message.shard, [...(waiting.get(message.shard) ?? []), record])
    }
    if (each && ticks.length > 0) {
      try {
        await platform.fanOut.send(queue, await unitsOf(each, platform))
      } catch (error) {
        failures.push(...ticks.map((record) => ({ record, reason: String(error) })))
      }
    }
    if (waiting.size > 0) failures.push(...(await work(handler, waiting)))
    return deadLetters.settle(failures)
  }
}

/** Works on the shards; for one that fails, all of its messages come again. */
async function work(
  handler: Handler<ShardEvent, ShardResult>,
  waiting: ReadonlyMap<string, SQSRecord[]>,
): Promise<MessageFailure[]> {
  const shards = [...waiting.keys()]
  const isWhole = shards.includes('')
  const failed = await handler({ shards: isWhole ? [] : shards }).then(
    (result) => result.failed,
    (error: unknown) => shards.map((shard) => ({ shard, reason: String(error) })),
  )
  return failed.flatMap(({ shard, reason }) => {
    // Where a message is for all at once, what failed of it is the message.
    const records = isWhole ? [...waiting.values()].flat() : (waiting.get(shard) ?? [])
    return records.map((record) => ({ record, reason: shard === '' ? reason : `${shard}: ${reason}` }))
  })
}

/** The shards of the registry, or the areas that lie above others. */
async function unitsOf(each: 'shard' | 'area', { state }: Pick<Platform, 'state'>): Promise<string[]> {
  const registry = registryReader(state)
  const { shards } = await registry.refresh()
  if (each === 'shard') return shards
  const parents = (await registry.areas()).map(({ parent }) => parent)
  return [...new Set(parents)].filter((code) => code !== undefined)
}

/** A tick is a message for no shard in particular. */
function messageOf({ body }: SQSRecord): { shard: string } | { reason: string } {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return { reason: `not a message of ours: ${String(error)}` }
  }
  const parsed = messageSchema.safeParse(json)
  if (!parsed.success) return { reason: 'not a message of ours: neither "shard" nor "scheduled"' }
  return 'shard' in parsed.data ? parsed.data : { shard: '' }
}
