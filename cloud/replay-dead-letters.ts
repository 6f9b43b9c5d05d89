// Reads a dead-letter queue, reports why each message is there, and sends it back to its queue. Deletes a message only
// after sending it: a kill in between sends it twice, which every handler tolerates.

import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import * as z from 'zod'
import { REASON_ATTRIBUTE } from './dead-letters.ts'
import type { IotMessage } from './events/messages.ts'

/** SQS's own limit. */
const MESSAGES_PER_RECEIVE = 10
/**
 * How long SQS hides a received message from other receivers. A replay needs it for one batch of 10; a dry run holds
 * every message to its end, so it must cover some thousands.
 */
const VISIBILITY_SECONDS = 300
/** Long polling asks all of SQS's servers; a short poll may miss messages that are there. */
const WAIT_SECONDS = 1
const NO_REASON = 'no reason was given: the function ended before it could say, see its log'

export interface DeadLetterReplay {
  queueUrl: string
  /** Default: the queue named by the queue's redrive policy. */
  deadLettersUrl?: string
  /** Reports only, sends nothing. */
  dryRun?: boolean
  /** Largest number of messages. */
  limit: number
}
export interface DeadLetter {
  id: string
  reason: string
  /** When it was sent to its queue, epoch milliseconds. */
  sentMs: number
  body: string
}
export interface ReplayResult {
  queue: string
  deadLetters: string
  letters: DeadLetter[]
  /** Number of messages sent back. */
  replayed: number
}

export async function replayDeadLetters(sqs: SQSClient, options: DeadLetterReplay): Promise<ReplayResult> {
  const { queueUrl, dryRun = false, limit } = options
  const deadLettersUrl = options.deadLettersUrl ?? (await deadLettersOf(sqs, queueUrl))
  const letters: DeadLetter[] = []
  const held: Message[] = []
  const seen = new Set<string>()
  let replayed = 0
  try {
    while (letters.length < limit) {
      const messages = await receive(sqs, deadLettersUrl, Math.min(MESSAGES_PER_RECEIVE, limit - letters.length))
      if (messages.length === 0) break
      for (const message of messages) {
        held.push(message)
        const letter = letterOf(message)
        if (seen.has(letter.id)) continue
        seen.add(letter.id)
        letters.push(letter)
        if (dryRun) continue
        await sendBack(sqs, queueUrl, message, letter)
        await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLettersUrl, ReceiptHandle: message.ReceiptHandle }))
        held.pop()
        replayed++
      }
    }
  } finally {
    for (const { ReceiptHandle } of held) {
      const shown = { QueueUrl: deadLettersUrl, ReceiptHandle, VisibilityTimeout: 0 }
      await sqs.send(new ChangeMessageVisibilityCommand(shown))
    }
  }
  return { queue: queueUrl, deadLetters: deadLettersUrl, letters, replayed }
}

async function receive(sqs: SQSClient, QueueUrl: string, MaxNumberOfMessages: number): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages,
      WaitTimeSeconds: WAIT_SECONDS,
      VisibilityTimeout: VISIBILITY_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  )
  return Messages
}

/** The queue named by a queue's redrive policy. */
async function deadLettersOf(sqs: SQSClient, QueueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }))
  const { deadLetterTargetArn = '' } = JSON.parse(Attributes?.RedrivePolicy ?? '{}') as { deadLetterTargetArn?: string }
  const [, , , , owner, name] = deadLetterTargetArn.split(':')
  if (!name) throw new Error(`queue ${QueueUrl} has no dead-letter queue; name one with --dlq-url`)
  const found = await sqs.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: owner }))
  return found.QueueUrl ?? ''
}

/** Message of an IoT rule's error action about a message that it could not send to the queue. */
const ruleFailureSchema = z.object({
  clientId: z.string(),
  base64OriginalPayload: z.string(),
  failures: z.array(z.object({ errorMessage: z.string() })).default([]),
})
const ruleFailureOf = (body: string) => {
  try {
    return ruleFailureSchema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

function letterOf({ MessageId = '', Body = '', Attributes = {}, MessageAttributes = {} }: Message): DeadLetter {
  const told = MessageAttributes[REASON_ATTRIBUTE]?.StringValue
  const reason =
    told ??
    ruleFailureOf(Body)
      ?.failures.map(({ errorMessage }) => errorMessage)
      .join('; ')
  return { id: MessageId, reason: reason || NO_REASON, sentMs: Number(Attributes.SentTimestamp ?? 0), body: Body }
}

/**
 * Sends the original message; one wrapped by a rule's error action is unwrapped, with the time of the failure as its
 * time of receipt.
 */
async function sendBack(sqs: SQSClient, QueueUrl: string, message: Message, letter: DeadLetter): Promise<void> {
  const failure = ruleFailureOf(letter.body)
  const unwrapped: IotMessage | undefined = failure && {
    payload: failure.base64OriginalPayload,
    gateway: failure.clientId,
    receivedMs: letter.sentMs,
  }
  const MessageGroupId = message.Attributes?.MessageGroupId
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: unwrapped ? JSON.stringify(unwrapped) : letter.body,
      ...(MessageGroupId && { MessageGroupId, MessageDeduplicationId: `replay-${letter.id}` }),
    }),
  )
}
