// Reads a dead-letter queue, reports why each message is there, and sends it back to its queue. Deletes a message only
// after sending it: a kill in between sends it twice, which every handler tolerates.

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import * as z from 'zod'
import { parted } from './backoff.ts'
import { REASON_ATTRIBUTE } from './dead-letters.ts'
import type { IotMessage } from './events/messages.ts'

/** SQS's own limits of a request. */
const ENTRIES_PER_BATCH = 10
const BYTES_PER_BATCH = 262_144
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
  /** Number of messages that the queue did not take: they are dead letters still. */
  notTaken: number
}

export async function replayDeadLetters(sqs: SQSClient, options: DeadLetterReplay): Promise<ReplayResult> {
  const { queueUrl, dryRun = false, limit } = options
  const deadLettersUrl = options.deadLettersUrl ?? (await deadLettersOf(sqs, queueUrl))
  const letters: DeadLetter[] = []
  const held = new Set<Message>()
  const seen = new Set<string>()
  let replayed = 0
  let notTaken = 0
  try {
    while (letters.length < limit) {
      const messages = await receive(sqs, deadLettersUrl, Math.min(ENTRIES_PER_BATCH, limit - letters.length))
      if (messages.length === 0) break
      for (const message of messages) held.add(message)
      const fresh = messages.map((message) => ({ message, letter: deadLetterOf(message) })).filter(isNew(seen))
      letters.push(...fresh.map(({ letter }) => letter))
      if (dryRun) continue
      const taken = await sendBack(sqs, queueUrl, fresh)
      await remove(sqs, deadLettersUrl, taken)
      for (const message of taken) held.delete(message)
      replayed += taken.length
      notTaken += fresh.length - taken.length
    }
  } finally {
    for (const part of parted([...held], ENTRIES_PER_BATCH)) await show(sqs, deadLettersUrl, part)
  }
  return { queue: queueUrl, deadLetters: deadLettersUrl, letters, replayed, notTaken }
}

interface Held {
  message: Message
  letter: DeadLetter
}

/** SQS may deliver a message twice. */
const isNew =
  (seen: Set<string>) =>
  ({ letter: { id } }: Held): boolean =>
    !seen.has(id) && seen.add(id) !== undefined

async function remove(sqs: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return
  const Entries = messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }))
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
}

/** Makes messages visible again at once. */
async function show(sqs: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle, VisibilityTimeout: 0 }))
  await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
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
  ruleName: z.string().default(''),
  topic: z.string().optional(),
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

export function deadLetterOf({
  MessageId = '',
  Body = '',
  Attributes = {},
  MessageAttributes = {},
}: Message): DeadLetter {
  const told = MessageAttributes[REASON_ATTRIBUTE]?.StringValue
  const reason =
    told ??
    ruleFailureOf(Body)
      ?.failures.map(({ errorMessage }) => errorMessage)
      .join('; ')
  return { id: MessageId, reason: reason || NO_REASON, sentMs: Number(Attributes.SentTimestamp ?? 0), body: Body }
}

/** Sends the original messages; returns those that the queue took. */
export async function sendBack(sqs: SQSClient, QueueUrl: string, held: readonly Held[]): Promise<Message[]> {
  const taken: Message[] = []
  for (const part of fitting(held.map((one) => ({ ...one, body: originalBody(one.letter) })))) {
    const Entries = part.map(({ message, letter, body }, n) => {
      const MessageGroupId = message.Attributes?.MessageGroupId
      const inGroup = MessageGroupId && { MessageGroupId, MessageDeduplicationId: `replay-${letter.id}` }
      return { Id: String(n), MessageBody: body, ...inGroup }
    })
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
    const failed = new Set(Failed.map(({ Id }) => Id))
    taken.push(...part.filter((_, n) => !failed.has(String(n))).map(({ message }) => message))
  }
  return taken
}

/** Parts that fit into a request of the queue, by number and size. */
export function fitting<T extends { body: string }>(bodies: readonly T[]): T[][] {
  const parts: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const one of bodies) {
    bytes += Buffer.byteLength(one.body)
    const part = parts.at(-1)
    if (part && part.length < ENTRIES_PER_BATCH && bytes <= BYTES_PER_BATCH) part.push(one)
    else {
      parts.push([one])
      bytes = Buffer.byteLength(one.body)
    }
  }
  return parts
}

/**
 * The message as the queue had it. One wrapped by a rule's error action is unwrapped, with the time of the failure as
 * its time of receipt.
 */
function originalBody({ body, sentMs }: DeadLetter): string {
  const failure = ruleFailureOf(body)
  if (!failure) return body
  const { ruleName, topic, base64OriginalPayload: payload, clientId: gateway } = failure
  if (ruleName.endsWith('_presence')) return presenceBody(payload)
  const unwrapped: IotMessage = { payload, gateway, receivedMs: sentMs }
  const selected = ruleName.endsWith('_foreign') ? { topic } : signalOf(ruleName)
  return JSON.stringify({ ...unwrapped, ...selected })
}

/** What the rules of infra/gateways.ts add, by which the handler tells their messages from readings. */
const signalOf = (ruleName: string) =>
  ruleName.endsWith('_status') ? { signal: 'status' } : ruleName.endsWith('_results') ? { signal: 'result' } : {}

/** An event of a connection, as the rule of infra/gateways.ts selects its fields. */
function presenceBody(payload: string): string {
  const { clientId, eventType, timestamp } = JSON.parse(Buffer.from(payload, 'base64').toString())
  return JSON.stringify({ gateway: clientId, signal: eventType, receivedMs: timestamp })
}
