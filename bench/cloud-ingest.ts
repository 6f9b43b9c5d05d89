// The process that bench/cloud.ts measures: imports a bundle of `ingest`, gives it events as SQS does, and tells the
// processor time of a message of 50 readings. Nothing else runs here.

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { GATEWAYS, gatewayId, METERS_PER_GATEWAY, meterId } from './cloud-services.ts'

export interface CloudIngestReport {
  messages: number
  /** Processor time of a message, all threads. */
  cpuMillis: number
  referenceMillis: number
}

/** What Lambda gathers in a second or two of a county. */
const MESSAGES_PER_EVENT = 10
const WARM_UP_EVENTS = 20

const [file = '', count] = process.argv.slice(2)
const { handler } = (await import(file)) as { handler(event: SQSEvent): Promise<SQSBatchResponse> }
const events = Math.ceil(Number(count) / MESSAGES_PER_EVENT)
const startMs = Date.now()

function eventOf(index: number): SQSEvent {
  const Records = Array.from({ length: MESSAGES_PER_EVENT }, (_, n) => {
    const sequence = index * MESSAGES_PER_EVENT + n
    const gateway = gatewayId(sequence % GATEWAYS)
    const at = startMs - (events + WARM_UP_EVENTS - index) * 60_000
    const readings = Array.from({ length: METERS_PER_GATEWAY }, (_, m) => ({
      meter: meterId(gateway, m),
      at,
      value: sequence + m / 100,
    }))
    const payload = Buffer.from(JSON.stringify({ v: 1, seq: sequence, readings })).toString('base64')
    return {
      messageId: `m${sequence}`,
      receiptHandle: '',
      body: JSON.stringify({ payload, gateway, receivedMs: startMs }),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(startMs),
        SenderId: '',
        ApproximateFirstReceiveTimestamp: String(startMs),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: '',
    }
  })
  return { Records }
}

async function take(event: SQSEvent): Promise<void> {
  const { batchItemFailures } = await handler(event)
  if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`)
}

const cpuMillis = (before?: NodeJS.CpuUsage): { usage: NodeJS.CpuUsage; millis: number } => {
  const usage = process.cpuUsage(before)
  return { usage: process.cpuUsage(), millis: (usage.user + usage.system) / 1_000 }
}

const all = Array.from({ length: events + WARM_UP_EVENTS }, (_, index) => eventOf(index))
for (const event of all.slice(0, WARM_UP_EVENTS)) await take(event)
const measured = all.slice(WARM_UP_EVENTS)
const { usage } = cpuMillis()
for (const event of measured) await take(event)
const ours = cpuMillis(usage)
let readings = 0
for (const event of measured) {
  const { Records } = JSON.parse(JSON.stringify(event)) as SQSEvent
  for (const { body } of Records) {
    const { payload } = JSON.parse(body) as { payload: string }
    readings += JSON.parse(Buffer.from(payload, 'base64').toString()).readings.length
  }
}
const reference = cpuMillis(ours.usage)
const messages = events * MESSAGES_PER_EVENT
if (readings !== messages * METERS_PER_GATEWAY) throw new Error('the reference did not see every reading')
const report: CloudIngestReport = {
  messages,
  cpuMillis: ours.millis / messages,
  referenceMillis: reference.millis / messages,
}
process.stdout.write(JSON.stringify(report))
