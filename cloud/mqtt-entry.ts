// IoT rule → SQS → `ingest`: takes the rule's JSON out of each record and gives back which records SQS shall deliver again.

import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { z } from 'zod'
import type { Handler } from '../functions/handler.ts'
import type { MqttBatch, MqttBatchResult, MqttMessage } from '../functions/platform.ts'
import type { DeadLetters, MessageFailure } from './dead-letters.ts'

/** What the rule selects (infra/): the payload encoded, the authenticated client id, the rule's own time. */
export const iotMessageSchema = z.object({
  payload: z.base64(),
  gateway: z.string(),
  receivedMs: z.number().int().nonnegative(),
})
export type IotMessage = z.infer<typeof iotMessageSchema>

export type SqsHandler = (event: SQSEvent) => Promise<SQSBatchResponse>

/**
 * New messages are one batch, oldest first, as an embedded broker would have given them. A message that comes again is a
 * batch of its own: it keeps the time it was first received at, so that it cannot overwrite a correction that came in
 * between, and one that cannot be done takes no other with it.
 */
export function mqttEntry(ingest: Handler<MqttBatch, MqttBatchResult>, deadLetters: DeadLetters): SqsHandler {
  return async ({ Records }) => {
    const failures: MessageFailure[] = []
    const records = new Map<string, SQSRecord>()
    const fresh: MqttMessage[] = []
    const again: MqttMessage[] = []
    for (const record of Records) {
      const message = messageOf(record)
      if ('reason' in message) {
        failures.push({ record, reason: message.reason, poison: true })
        continue
      }
      records.set(record.messageId, record)
      const isFresh = Number(record.attributes.ApproximateReceiveCount) <= 1
      const list = isFresh ? fresh : again
      list.push(message)
    }
    const inOrder = (messages: MqttMessage[]) => messages.sort((a, b) => a.receivedMs - b.receivedMs)
    const batches = [...inOrder(again).map((message) => [message]), ...(fresh.length > 0 ? [inOrder(fresh)] : [])]
    for (const messages of batches) {
      const failed = await ingest({ messages }).then(
        (result) => result.failed,
        (error: unknown) => messages.map(({ id }) => ({ id, reason: String(error) })),
      )
      for (const { id, reason } of failed) {
        const record = records.get(id)
        if (record) failures.push({ record, reason })
      }
    }
    return deadLetters.settle(failures)
  }
}

function messageOf({ messageId, body }: SQSRecord): MqttMessage | { reason: string } {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return { reason: `not JSON of the IoT rule: ${String(error)}` }
  }
  const parsed = iotMessageSchema.safeParse(json)
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    return { reason: `not JSON of the IoT rule: ${path.join('.') || 'as a whole'}: ${message}` }
  }
  const { payload, gateway, receivedMs } = parsed.data
  return { id: messageId, gateway, payload: Buffer.from(payload, 'base64'), receivedMs }
}
