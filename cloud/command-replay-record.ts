// `kilowatch replay-record`: sends messages of the record into the queue again.

import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { queuePlace } from './command-replay-dlq.ts'
import { replayRecord } from './replay-record.ts'

export interface ReplayRecordOptions {
  bucket: string
  queueUrl: string
  from: string
  to?: string
  gateway?: string[]
  after?: string
  dryRun?: boolean
  json?: boolean
}

/** Unreadable lines shown; the JSON has all. */
const SHOWN = 10

/** Exit code 1 when a line is no message; the others are sent. */
export async function replayRecordAgain(options: ReplayRecordOptions): Promise<void> {
  const { bucket, queueUrl, from, to = from, gateway, after, dryRun, json } = options
  const place = queuePlace(queueUrl)
  const [s3, sqs] = [new S3Client(place.region === undefined ? {} : { region: place.region }), new SQSClient(place)]
  try {
    const result = await replayRecord({
      ...{ s3, sqs, bucket, queueUrl, from, to },
      ...(gateway && { gateways: gateway }),
      ...(after !== undefined && { after }),
      ...(dryRun && { dryRun }),
      onObject: (key, sent) => process.stderr.write(`${key}: ${sent} sent so far\n`),
    })
    if (result.unreadable.length > 0) process.exitCode = 1
    for (const line of result.unreadable.slice(0, SHOWN))
      process.stderr.write(`kilowatch: ${line} is no message of the rule\n`)
    const { objects, messages, sent } = result
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...result, dryRun: dryRun === true })}\n`
        : `${sent} of ${messages} messages of ${objects} objects sent; ${result.unreadable.length} lines are no message\n`,
    )
  } finally {
    s3.destroy()
    sqs.destroy()
  }
}
