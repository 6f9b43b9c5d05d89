// IoT rule → SQS → `ingest`: extracts the rule's JSON from each record and returns the records that SQS shall deliver
// again.

import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { must } from '../../domain/must.ts'
import type { Handler } from '../../functions/handler.ts'
import type { MqttBatch, MqttBatchResult, MqttMessage } from '../../functions/platform.ts'
import type { DeadLetters, MessageFailure } from '../dead-letters.ts'
import type { Heard } from '../gateway-watch.ts'

/** Fields that the rule selects (infra/): the encoded payload, the authenticated client id, the rule's own time. */
export const iotMessageSchema = z.object({
  payload: z.base64(),
  gateway: z.string(),
  receivedMs: z.number().int().nonnegative(),
})
export type IotMessage = z.infer<typeof iotMessageSchema>

export type SqsHandler = (event: SQSEvent) => Promise<SQSBatchResponse>

export interface MqttEntryOptions {
  ingest: Handler<MqttBatch, MqttBatchResult>
  deadLetters: DeadLetters
  heard: Heard
}

/** From the rule into the queue takes milliseconds: a message that took longer was set aside or held up. */
const DELAYED_MS = 10_000

/**
 * New messages form one batch, oldest first, as an embedded broker delivers them. A redelivered message, or one sent
 * back from the dead letters, is a batch of its own: it is `delayed`, and its failure affects no other.
 */
export function mqttEntry({ ingest, deadLetters, heard }: MqttEntryOptions): SqsHandler {
  return async ({ Records }) => {
    const failures: MessageFailure[] = []
    const records = new Map<string, SQSRecord>()
    const fresh: MqttMessage[] = []
    const delayed: MqttMessage[] = []
    for (const record of Records) {
      const message = messageOf(record)
      if ('reason' in message) {
        failures.push({ record, reason: message.reason, poison: true })
        continue
      }
      records.set(record.messageId, record)
      if (message.delayed) delayed.push(message)
      else fresh.push(message)
    }
    const inOrder = (messages: MqttMessage[]) => messages.sort((a, b) => a.receivedMs - b.receivedMs)
    const batches = [...inOrder(delayed).map((message) => [message]), ...(fresh.length > 0 ? [inOrder(fresh)] : [])]
    for (const messages of batches) {
      const failed = await ingest({ messages }).then(
        (result) => result.failed,
        (error: unknown) => messages.map(({ id }) => ({ id, reason: String(error) })),
      )
      for (const { id, reason } of failed) {
        const record = records.get(id)
        if (record) failures.push({ record, reason })
      }
      const isFailed = new Set(failed.map(({ id }) => id))
      const stored = messages.filter(({ id }) => !isFailed.has(id))
      // Stored readings are not delivered again because this note failed: the gateway's next message makes it.
      await heard(stored).catch((error: unknown) => console.error(`gateways heard were not noted: ${String(error)}`))
    }
    return deadLetters.settle(failures)
  }
}

function messageOf({ messageId, body, attributes }: SQSRecord): MqttMessage | { reason: string } {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return { reason: `not JSON of the IoT rule: ${String(error)}` }
  }
  const parsed = iotMessageSchema.safeParse(json)
  if (!parsed.success) {
    const { path, message } = must(parsed.error.issues[0])
    return { reason: `not JSON of the IoT rule: ${path.join('.') || 'as a whole'}: ${message}` }
  }
  const { payload, gateway, receivedMs } = parsed.data
  const isSentLate = Number(attributes.SentTimestamp) - receivedMs > DELAYED_MS
  const delayed = isSentLate || Number(attributes.ApproximateReceiveCount) > 1
  return { id: messageId, gateway, payload: Buffer.from(payload, 'base64'), receivedMs, delayed }
}
