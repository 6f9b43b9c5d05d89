// A queue service that speaks the wire protocol of SQS (AWS JSON 1.0) on a real socket, with what Kilowatch relies on:
// delay, visibility, receive counts and redrive, and for FIFO queues deduplication within five minutes and one group at
// a time. Its clock is the test's. What it was not told to do it refuses.

import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { SQSEvent, SQSMessageAttributes } from 'aws-lambda'

const DEDUPLICATION_MS = 5 * 60_000
const DEFAULT_VISIBILITY_MS = 30_000

export interface QueueOptions {
  fifo?: boolean
  delayMs?: number
  visibilityMs?: number
  /** Where messages go after `receivesMax` receives. */
  deadLetters?: string
  receivesMax?: number
}
export interface StoredMessage {
  id: string
  body: string
  attributes: SQSMessageAttributes
  sentMs: number
  visibleMs: number
  receives: number
  receipt?: string
  group?: string
  deduplication?: string
}
interface Queue extends Required<Pick<QueueOptions, 'fifo' | 'delayMs' | 'visibilityMs'>> {
  name: string
  deadLetters?: string
  receivesMax: number
  messages: StoredMessage[]
  seen: Map<string, number>
}

export interface SqsServer {
  endpoint: string
  urlOf(queue: string): string
  /** What waits or is in flight. */
  messages(queue: string): readonly StoredMessage[]
  /** As a Lambda event source: a batch, now in flight; undefined when nothing is visible. */
  receive(queue: string, max: number): SQSEvent | undefined
  /** As a Lambda event source after its function: what did not fail is deleted, the rest stays hidden as it is. */
  settle(queue: string, event: SQSEvent, failed: readonly string[]): void
  /** As an IoT rule or a schedule. */
  send(queue: string, body: string, group?: string): void
  /** Entries of the next SendMessageBatch calls to answer as failed, one number a call. */
  failNextEntries: number[]
  /** Requests so far, by action. */
  calls: Map<string, number>
  close(): Promise<void>
}

export async function startSqs(queues: Record<string, QueueOptions>, now: () => number): Promise<SqsServer> {
  const byName = new Map(
    Object.entries(queues).map(([name, options]): [string, Queue] => [
      name,
      {
        name,
        fifo: false,
        delayMs: 0,
        visibilityMs: DEFAULT_VISIBILITY_MS,
        receivesMax: Number.POSITIVE_INFINITY,
        ...options,
        messages: [],
        seen: new Map(),
      },
    ]),
  )
  const failNextEntries: number[] = []
  const calls = new Map<string, number>()
  const queueOf = (name: string): Queue => {
    const queue = byName.get(name)
    if (!queue) throw new Error(`AWS.SimpleQueueService.NonExistentQueue: no queue "${name}"`)
    return queue
  }

  function put(queue: Queue, request: SendRequest): StoredMessage {
    const { MessageBody, MessageGroupId, MessageDeduplicationId, MessageAttributes = {} } = request
    if (queue.fifo && (!MessageGroupId || !MessageDeduplicationId))
      throw new Error('InvalidParameterValue: a FIFO queue needs MessageGroupId and MessageDeduplicationId')
    const known = queue.seen.get(MessageDeduplicationId ?? '')
    const message: StoredMessage = {
      id: randomUUID(),
      body: MessageBody,
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes).map(([name, { DataType, StringValue }]) => [
          name,
          { dataType: DataType, stringValue: StringValue },
        ]),
      ),
      sentMs: now(),
      visibleMs: now() + queue.delayMs,
      receives: 0,
      group: MessageGroupId,
      deduplication: MessageDeduplicationId,
    }
    if (queue.fifo && known !== undefined && now() - known < DEDUPLICATION_MS) return message
    if (MessageDeduplicationId) queue.seen.set(MessageDeduplicationId, now())
    queue.messages.push(message)
    return message
  }

  function take(queue: Queue, max: number, visibilityMs: number): StoredMessage[] {
    const taken: StoredMessage[] = []
    const inFlight = ({ receipt, visibleMs }: StoredMessage) => receipt !== undefined && visibleMs > now()
    const busy = new Set(queue.messages.filter(inFlight).map(({ group }) => group))
    for (const message of [...queue.messages]) {
      if (taken.length === max) break
      if (queue.fifo && busy.has(message.group)) continue
      if (message.visibleMs > now()) {
        // In a FIFO queue nothing overtakes a message of its group.
        if (queue.fifo) busy.add(message.group)
        continue
      }
      if (message.receives >= queue.receivesMax && queue.deadLetters) {
        queue.messages.splice(queue.messages.indexOf(message), 1)
        queueOf(queue.deadLetters).messages.push({ ...message, receipt: undefined, visibleMs: now() })
        continue
      }
      message.receives++
      message.receipt = randomUUID()
      message.visibleMs = now() + visibilityMs
      taken.push(message)
    }
    return taken
  }

  function remove(queue: Queue, receipt: string): void {
    const index = queue.messages.findIndex((message) => message.receipt === receipt)
    if (index >= 0) queue.messages.splice(index, 1)
  }

  const systemAttributes = (message: StoredMessage) => ({
    ApproximateReceiveCount: String(message.receives),
    SentTimestamp: String(message.sentMs),
    SenderId: 'test',
    ApproximateFirstReceiveTimestamp: String(message.sentMs),
    ...(message.group && { MessageGroupId: message.group, MessageDeduplicationId: message.deduplication }),
  })

  const actions: Record<string, (request: WireRequest) => unknown> = {
    SendMessage(request) {
      const { id } = put(queueOf(nameOf(request.QueueUrl)), request)
      return { MessageId: id, MD5OfMessageBody: md5(request.MessageBody) }
    },
    SendMessageBatch({ QueueUrl, Entries }) {
      const queue = queueOf(nameOf(QueueUrl))
      if (Entries.length < 1 || Entries.length > 10) throw new Error('TooManyEntriesInBatchRequest: 1 to 10 entries')
      const bytes = Entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0)
      if (bytes > 262_144) throw new Error('BatchRequestTooLong: more than 262144 bytes')
      const failing = failNextEntries.shift() ?? 0
      const good = Entries.slice(failing).map((entry) => ({ entry, message: put(queue, entry) }))
      return {
        Successful: good.map(({ entry, message }) => ({
          Id: entry.Id,
          MessageId: message.id,
          MD5OfMessageBody: md5(entry.MessageBody),
        })),
        Failed: Entries.slice(0, failing).map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
      }
    },
    ReceiveMessage({ QueueUrl, MaxNumberOfMessages = 1, VisibilityTimeout }) {
      const queue = queueOf(nameOf(QueueUrl))
      const visibilityMs = VisibilityTimeout === undefined ? queue.visibilityMs : VisibilityTimeout * 1000
      const taken = take(queue, MaxNumberOfMessages, visibilityMs)
      return {
        Messages: taken.map((message) => ({
          MessageId: message.id,
          ReceiptHandle: message.receipt,
          Body: message.body,
          MD5OfBody: md5(message.body),
          Attributes: systemAttributes(message),
          MessageAttributes: Object.fromEntries(
            Object.entries(message.attributes).map(([name, { dataType, stringValue }]) => [
              name,
              { DataType: dataType, StringValue: stringValue },
            ]),
          ),
        })),
      }
    },
    DeleteMessage({ QueueUrl, ReceiptHandle }) {
      remove(queueOf(nameOf(QueueUrl)), ReceiptHandle)
      return {}
    },
    DeleteMessageBatch({ QueueUrl, Entries }) {
      for (const { ReceiptHandle } of Entries) remove(queueOf(nameOf(QueueUrl)), ReceiptHandle)
      return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] }
    },
    ChangeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout = 0 }) {
      const message = queueOf(nameOf(QueueUrl)).messages.find(({ receipt }) => receipt === ReceiptHandle)
      if (message) message.visibleMs = now() + VisibilityTimeout * 1000
      return {}
    },
    ChangeMessageVisibilityBatch({ QueueUrl, Entries }) {
      for (const { ReceiptHandle, VisibilityTimeout } of Entries)
        actions.ChangeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout } as WireRequest)
      return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] }
    },
    GetQueueAttributes({ QueueUrl }) {
      const { deadLetters, receivesMax, messages } = queueOf(nameOf(QueueUrl))
      const deadLetterTargetArn = `arn:aws:sqs:eu-west-1:000000000000:${deadLetters}`
      return {
        Attributes: {
          ApproximateNumberOfMessages: String(messages.length),
          ApproximateNumberOfMessagesDelayed: '0',
          ...(deadLetters && {
            RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: receivesMax }),
          }),
        },
      }
    },
    GetQueueUrl({ QueueName }) {
      return { QueueUrl: urlOf(queueOf(QueueName).name) }
    },
  }

  const server = createServer((request, response) => {
    const answer = async (): Promise<unknown> => {
      const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '')
      calls.set(action, (calls.get(action) ?? 0) + 1)
      if (!Object.hasOwn(actions, action)) throw new Error(`InvalidAction: ${action}`)
      return actions[action](JSON.parse(await text(request)) as WireRequest)
    }
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    answer().then(
      (value) => response.end(JSON.stringify(value)),
      (error: Error) => {
        const [type, ...message] = error.message.split(': ')
        response.statusCode = 400
        response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: message.join(': ') }))
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const urlOf = (queue: string): string => `${endpoint}/000000000000/${queue}`

  return {
    endpoint,
    urlOf,
    failNextEntries,
    calls,
    messages: (queue) => queueOf(queue).messages,
    send(name, body, group) {
      const queue = queueOf(name)
      put(queue, { MessageBody: body, MessageGroupId: group, MessageDeduplicationId: group && md5(body) })
    },
    receive(name, max) {
      const queue = queueOf(name)
      const taken = take(queue, max, queue.visibilityMs)
      if (taken.length === 0) return undefined
      const Records = taken.map((message) => ({
        messageId: message.id,
        receiptHandle: message.receipt ?? '',
        body: message.body,
        attributes: systemAttributes(message),
        messageAttributes: message.attributes,
        md5OfBody: md5(message.body),
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:eu-west-1:000000000000:${name}`,
        awsRegion: 'eu-west-1',
      }))
      return { Records }
    },
    settle(name, { Records }, failed) {
      const queue = queueOf(name)
      for (const { messageId, receiptHandle } of Records) if (!failed.includes(messageId)) remove(queue, receiptHandle)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface SendRequest {
  MessageBody: string
  MessageGroupId?: string
  MessageDeduplicationId?: string
  MessageAttributes?: Record<string, { DataType: string; StringValue?: string }>
}
interface WireRequest extends SendRequest {
  QueueUrl: string
  QueueName: string
  ReceiptHandle: string
  MaxNumberOfMessages?: number
  VisibilityTimeout?: number
  Entries: readonly (SendRequest & Pick<WireRequest, 'ReceiptHandle' | 'VisibilityTimeout'> & { Id: string })[]
}

const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
const md5 = (body: string): string => createHash('md5').update(body).digest('hex')
