// Decides what becomes of failed messages. One that no attempt can help is set aside at once: it goes to the dead
// letters with its reason, which SQS itself does not record. Any other returns after a wait, however often, until it is
// MESSAGE_AGE_MAX_MS old: a store that is away for days is no fault of a message.

import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda'
import { MESSAGE_AGE_MAX_MS } from '../functions/triggers.ts'
import { parted } from './backoff.ts'
import type { FunctionLog } from './log.ts'

/** Attribute of a dead letter that holds the reason. */
export const REASON_ATTRIBUTE = 'reason'
/** A sentence, not a stack trace: a message with its attributes has a limit. */
const REASON_CHARS_MAX = 1000
/**
 * A message returns after one minute, then after two, four, eight and sixteen, then each twenty. Without this it would
 * stay hidden, with all of its group, for longer than the longest run, a time meant for functions that die.
 */
const AGAIN_SECONDS = 60
/** Ten days of such waits are fewer than RECEIVES_MAX receives, and a store that is back is noticed in this time. */
const AGAIN_SECONDS_MAX = 1_200
/** SQS's own limit. */
const ENTRIES_PER_BATCH = 10

export interface MessageFailure {
  record: SQSRecord
  reason: string
  /** A retry cannot help. */
  poison?: boolean
}

export interface DeadLetters {
  /**
   * Logs each failure, moves messages to the dead letters that no retry can help or that are too old, and returns those
   * that SQS shall deliver again soon.
   */
  settle(failures: readonly MessageFailure[]): Promise<SQSBatchResponse>
}

export interface DeadLettersOptions {
  sqs: SQSClient
  /** The dead-letter queue of the function's own queue. */
  url(): string
  /** Epoch milliseconds. */
  now(): number
  log: FunctionLog
}

export function deadLetters({ sqs, url, now, log }: DeadLettersOptions): DeadLetters {
  async function setAside({ record, reason }: MessageFailure): Promise<void> {
    const QueueUrl = url()
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: record.body,
        MessageAttributes: {
          [REASON_ATTRIBUTE]: { DataType: 'String', StringValue: reason.slice(0, REASON_CHARS_MAX) || 'unknown' },
        },
        ...(record.attributes.MessageGroupId && {
          MessageGroupId: record.attributes.MessageGroupId,
          // The same on a repetition, so that SQS keeps one copy.
          MessageDeduplicationId: record.messageId,
        }),
      }),
    )
  }

  async function comeAgain(records: readonly SQSRecord[]): Promise<void> {
    const [first] = records
    if (!first) return
    const QueueName = first.eventSourceARN.slice(first.eventSourceARN.lastIndexOf(':') + 1)
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
    for (const part of parted(records, ENTRIES_PER_BATCH)) {
      const Entries = part.map(({ receiptHandle, attributes }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.min(
          AGAIN_SECONDS * 2 ** (Number(attributes.ApproximateReceiveCount) - 1),
          AGAIN_SECONDS_MAX,
        ),
      }))
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
    }
  }

  return {
    async settle(failures) {
      const again: SQSRecord[] = []
      for (const failure of failures) {
        const { record, reason, poison = false } = failure
        const receives = Number(record.attributes.ApproximateReceiveCount)
        const ageMs = now() - Number(record.attributes.SentTimestamp)
        const isLast = poison || ageMs >= MESSAGE_AGE_MAX_MS
        const told = { message_id: record.messageId, queue: record.eventSourceARN, receives, ageMs, reason }
        log('ERROR', isLast ? 'dead letter' : 'will be tried again', told)
        const isAside =
          isLast &&
          (await setAside(failure).then(
            () => true,
            (error: unknown) => {
              log('ERROR', 'not set aside', { ...told, error: String(error) })
              return false
            },
          ))
        if (!isAside) again.push(record)
      }
      await comeAgain(again).catch((error: unknown) =>
        log('WARN', 'messages come again later than asked', { error: String(error) }),
      )
      return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    },
  }
}
