// IoT rule → SQS → `ingest`: extracts the rule's JSON from each record and returns the records that SQS shall deliver
// again.

import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { must } from '../../domain/must.ts'
import { GATEWAY_ID } from '../../domain/registry/records.ts'
import { foreignTopic } from '../../domain/wire/topic.ts'
import type { Handler } from '../../functions/handler.ts'
import type { MqttBatch, MqttBatchResult, MqttMessage } from '../../functions/platform.ts'
import type { ResultMessage } from '../../functions/wire/commands.ts'
import { isPassingAwsFailure, Unavailable } from '../backoff.ts'
import type { DeadLetters, MessageFailure } from '../dead-letters.ts'
import { inTime, type RunContext } from '../deadline.ts'
import type { ConnectionSignal, Connections, Heard } from '../gateway-watch.ts'
import type { FunctionLog } from '../log.ts'
import type { CountMetrics } from '../metrics.ts'

/** Fields that the rule selects (infra/): the encoded payload, the authenticated client id, the rule's own time. */
export const iotMessageSchema = z.object({
  payload: z.base64(),
  gateway: z.string(),
  receivedMs: z.number().int().nonnegative(),
  /** Of the rule for foreign products: the whole topic. */
  topic: z.string().optional(),
  /** IoT Core's id of the MQTT message, as in its own log. */
  trace: z.string().optional(),
})
export type IotMessage = z.infer<typeof iotMessageSchema>
/** Of the rules for statuses, with the payload, and for connections, of which IoT Core tells itself. */
const signalSchema = z.discriminatedUnion('signal', [
  iotMessageSchema.extend({ signal: z.enum(['status', 'result']) }),
  iotMessageSchema.omit({ payload: true }).extend({ signal: z.enum(['connected', 'disconnected']) }),
])

export type SqsHandler = (event: SQSEvent, context?: RunContext) => Promise<SQSBatchResponse>

export interface MqttEntryOptions {
  ingest: Handler<MqttBatch, MqttBatchResult>
  deadLetters: DeadLetters
  heard: Heard
  connections: Connections
  /** Stores a result of a command; resolves to the reason why it is none. */
  results(message: ResultMessage): Promise<string | undefined>
  count: CountMetrics
  log: FunctionLog
}

/** From the rule into the queue takes milliseconds: a message that took longer was set aside or held up. */
const DELAYED_MS = 10_000

/**
 * All messages form one batch, new and redelivered ones alike. When it fails for another reason than a service that is
 * away, its halves are tried on their own, so that a message that cannot be stored fails alone; it is set aside at once
 * when others were stored, and then is at fault itself. Messages for which no time is left come again.
 */
export function mqttEntry(options: MqttEntryOptions): SqsHandler {
  const { ingest, deadLetters, heard, connections, count, log } = options
  return async ({ Records }, context) => {
    log.begin(context)
    const { failures, records, messages, signals, results } = sorted(Records)
    const counted = { ReadingsStored: 0, ReadingsRejected: 0 }
    const failed = await inHalves(messages, async (batch) => {
      const result = await inTime(context, () => ingest({ messages: batch }))
      counted.ReadingsStored += result.stored
      counted.ReadingsRejected += result.rejected
      return result
    })
    const isAnyStored = failed.length < messages.length
    for (const { id, reason, isAlone } of failed)
      failures.push({ record: must(records.get(id)).record, reason, poison: isAlone && isAnyStored })
    const isFailed = new Set(failed.map(({ id }) => id))
    const stored = messages.filter(({ id }) => !isFailed.has(id))
    // Stored readings are not delivered again because this note failed: the gateway's next message makes it.
    await inTime(context, () => heard(stored)).catch((error: unknown) =>
      log('WARN', 'gateways heard were not noted', { error: String(error) }),
    )
    await inTime(context, () => connections(signals.filter(({ gateway }) => isGateway(gateway)))).catch(
      (error: unknown) => failures.push(...signals.map(({ record }) => ({ record, reason: String(error) }))),
    )
    failures.push(...(await resultsFailed(results, options, context)))
    count({ ...counted, MessagesReturned: failures.length })
    if (stored.length > 0) log('INFO', 'messages stored', { messages: stored.map(({ id }) => traced(records, id)) })
    return deadLetters.settle(failures)
  }
}

type Signal = ConnectionSignal & { record: SQSRecord }
type Result = ResultMessage & { record: SQSRecord }
type Records = ReadonlyMap<string, { record: SQSRecord; trace?: string | undefined }>

const traced = (records: Records, id: string) => ({ message_id: id, trace_id: records.get(id)?.trace })

/** The records by what they are. */
function sorted(Records: readonly SQSRecord[]) {
  const failures: MessageFailure[] = []
  const records = new Map<string, { record: SQSRecord; trace?: string | undefined }>()
  const messages: MqttMessage[] = []
  const signals: Signal[] = []
  const results: Result[] = []
  for (const record of Records) {
    const message = messageOf(record)
    records.set(record.messageId, { record, ...('trace' in message && { trace: message.trace }) })
    if ('reason' in message) failures.push({ record, reason: message.reason, poison: true })
    else if ('isOffline' in message) signals.push(message)
    else if ('message' in message) messages.push(message.message)
    else results.push(message)
  }
  return { failures, records, messages, signals, results }
}

/** Stores results of commands. One that is none is logged: its gateway alone is at fault. */
async function resultsFailed(
  received: readonly Result[],
  { results, log }: MqttEntryOptions,
  context: RunContext | undefined,
): Promise<MessageFailure[]> {
  const failures: MessageFailure[] = []
  for (const { record, ...message } of received) {
    try {
      const reason = await inTime(context, () => results(message))
      if (reason) log('WARN', 'result not kept', { gateway: message.gateway, message_id: record.messageId, reason })
    } catch (error) {
      failures.push({ record, reason: String(error) })
    }
  }
  return failures
}

/** A box that is being provisioned connects under another name; so may a person. */
const isGateway = (client: string): boolean => GATEWAY_ID.test(client) && !client.startsWith('claim-')

interface Failed {
  id: string
  reason: string
  /** It failed on its own, and not because a service is away. */
  isAlone?: boolean
}

/** Stores the messages; halves those that fail together until the failing ones are alone. */
async function inHalves(
  messages: readonly MqttMessage[],
  store: (batch: readonly MqttMessage[]) => Promise<MqttBatchResult>,
): Promise<Failed[]> {
  if (messages.length === 0) return []
  try {
    return (await store(messages)).failed
  } catch (error) {
    const reason = String(error)
    const isAway = error instanceof Unavailable || isPassingAwsFailure(error)
    if (isAway || messages.length === 1) return messages.map(({ id }) => ({ id, reason, isAlone: !isAway }))
    const half = Math.ceil(messages.length / 2)
    return [...(await inHalves(messages.slice(0, half), store)), ...(await inHalves(messages.slice(half), store))]
  }
}

function messageOf(
  record: SQSRecord,
): { message: MqttMessage; trace: string | undefined } | Signal | Result | { reason: string } {
  const { messageId, body, attributes } = record
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return { reason: `not JSON of the IoT rule: ${String(error)}` }
  }
  const signal = signalSchema.safeParse(json).data
  if (signal?.signal === 'result') {
    const { gateway, receivedMs } = signal
    return { record, gateway, receivedMs, payload: Buffer.from(signal.payload, 'base64') }
  }
  if (signal) return { record, gateway: signal.gateway, atMs: signal.receivedMs, isOffline: saysOffline(signal) }
  const parsed = iotMessageSchema.safeParse(json)
  if (!parsed.success) {
    const { path, message } = must(parsed.error.issues[0])
    return { reason: `not JSON of the IoT rule: ${path.join('.') || 'as a whole'}: ${message}` }
  }
  const { payload, gateway, receivedMs, topic: whole, trace } = parsed.data
  const topic = whole === undefined ? undefined : foreignTopic(gateway, whole)
  if (whole !== undefined && topic === undefined) return { reason: `"${whole}" is no foreign topic of ${gateway}` }
  const isSentLate = Number(attributes.SentTimestamp) - receivedMs > DELAYED_MS
  const delayed = isSentLate || Number(attributes.ApproximateReceiveCount) > 1
  const message = { id: messageId, gateway, payload: Buffer.from(payload, 'base64'), receivedMs, delayed }
  return { message: topic === undefined ? message : { ...message, topic }, trace }
}

/** A gateway that leaves and the last will of a lost one send the same status: `{"v":1,"state":"offline"}`. */
const saysOffline = (signal: z.infer<typeof signalSchema>): boolean =>
  'payload' in signal
    ? /"state"\s*:\s*"offline"/.test(Buffer.from(signal.payload, 'base64').toString())
    : signal.signal === 'disconnected'
