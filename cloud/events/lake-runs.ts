// SQS → runs over the lake (cloud/series/lake/tend.ts). A tick becomes one message for each county, in a group of its
// own, so that counties run side by side and each has one run at a time.

import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import type { RegistryReader } from '../../functions/registry/reader.ts'
import { parted } from '../backoff.ts'
import type { FunctionLog } from '../log.ts'
import type { SqsHandler } from './messages.ts'

const tickSchema = z.object({ scheduled: z.string(), at: z.string() })
const countySchema = z.object({ county: z.string(), at: z.string() })
const messageSchema = z.union([countySchema, tickSchema])
type CountyMessage = z.infer<typeof countySchema>

/** SQS's own limit of a batch. */
const ENTRIES_MAX = 10

export interface LakeRunsOptions {
  registry: Pick<RegistryReader, 'refresh'>
  /** One run over a county; rejects when it is to be run again. */
  tend(county: string): Promise<object>
  sqs: SQSClient
  /** The queue of this function itself. */
  queueUrl(): string
  log: FunctionLog
}

/** A message that fails comes again; SQS itself sets it aside when it has failed too often. */
export function lakeRunsEntry({ registry, tend, sqs, queueUrl, log }: LakeRunsOptions): SqsHandler {
  async function sendOn(at: string): Promise<void> {
    const { shards } = await registry.refresh()
    for (const part of parted(shards, ENTRIES_MAX)) {
      const Entries = part.map((county, n) => ({
        Id: String(n),
        MessageBody: JSON.stringify({ county, at } satisfies CountyMessage),
        MessageGroupId: county,
        MessageDeduplicationId: `${county}-${at}`,
      }))
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl(), Entries }))
      if (Failed.length > 0) throw new Error(`${Failed.length} counties were not sent on: ${Failed[0]?.Message}`)
    }
  }
  return async ({ Records }, context) => {
    log.begin(context)
    const batchItemFailures: { itemIdentifier: string }[] = []
    for (const { messageId, body } of Records) {
      try {
        const message = messageSchema.parse(JSON.parse(body))
        if ('county' in message) {
          await registry.refresh()
          log('INFO', 'lake tended', { county: message.county, ...(await tend(message.county)) })
        } else await sendOn(message.at)
      } catch (error) {
        log('ERROR', 'lake not tended', { message_id: messageId, error: String(error) })
        batchItemFailures.push({ itemIdentifier: messageId })
      }
    }
    return { batchItemFailures }
  }
}
