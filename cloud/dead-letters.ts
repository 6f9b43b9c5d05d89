// Messages that could not be done, with the reason: SQS itself moves a message to its dead-letter queue without one. So
// the last try sets the message aside itself, with what went wrong as an attribute; where even that fails, or the function
// dies, SQS moves it as ever, and the reason stands in the log alone.

import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda'
import { RECEIVES_MAX } from '../functions/triggers.ts'

/** Attribute of a dead letter that says why. */
export const REASON_ATTRIBUTE = 'reason'
/** A sentence, not a stack trace: a message with its attributes has a limit. */
const REASON_CHARS_MAX = 1000

export interface MessageFailure {
  record: SQSRecord
  reason: string
  /** Trying again cannot help. */
  poison?: boolean
}

export interface DeadLetters {
  /** Logs each failure, sets aside what was tried often enough, and returns what SQS shall deliver again. */
  settle(failures: readonly MessageFailure[]): Promise<SQSBatchResponse>
}

export interface DeadLettersOptions {
  sqs: SQSClient
  /** The dead-letter queue of the function's own queue. */
  url(): string
  log?: (line: string) => void
}

export function deadLetters({ sqs, url, log = console.error }: DeadLettersOptions): DeadLetters {
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
          // The same when this is done twice, so that SQS keeps one.
          MessageDeduplicationId: record.messageId,
        }),
      }),
    )
  }

  return {
    async settle(failures) {
      const again: SQSBatchResponse['batchItemFailures'] = []
      for (const failure of failures) {
        const { record, reason, poison = false } = failure
        const receives = Number(record.attributes.ApproximateReceiveCount)
        const isLast = poison || receives >= RECEIVES_MAX
        const told = { message: record.messageId, queue: record.eventSourceARN, receives, reason }
        log(JSON.stringify({ level: 'ERROR', what: isLast ? 'dead letter' : 'will be tried again', ...told }))
        const isAside =
          isLast &&
          (await setAside(failure).then(
            () => true,
            (error: unknown) => {
              log(JSON.stringify({ level: 'ERROR', what: 'not set aside', ...told, error: String(error) }))
              return false
            },
          ))
        if (!isAside) again.push({ itemIdentifier: record.messageId })
      }
      return { batchItemFailures: again }
    },
  }
}
