// `kilowatch replay-dlq`: lists why messages are in a dead-letter queue, and sends them back to their queue.

import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { type DeadLetter, replayDeadLetters } from './replay-dead-letters.ts'
import { replayUndelivered } from './replay-undelivered.ts'

export interface ReplayDlqOptions {
  queueUrl: string
  dlqUrl?: string
  /** The bucket of what IoT rules could not pass on, in place of a dead-letter queue. */
  bucket?: string
  dryRun?: boolean
  json?: boolean
  limit: number
}

/** Examples shown of each reason; the JSON has all. */
const EXAMPLES = 3
const EXAMPLE_CHARS = 120

export async function replayDlq({ queueUrl, dlqUrl, bucket, dryRun, json, limit }: ReplayDlqOptions): Promise<void> {
  const sqs = new SQSClient(queuePlace(queueUrl))
  try {
    const result = bucket
      ? await replayUndelivered({ s3: new S3Client(), sqs, bucket, queueUrl, dryRun, limit })
      : await replayDeadLetters(sqs, { queueUrl, deadLettersUrl: dlqUrl, dryRun, limit })
    if (result.notTaken > 0) process.exitCode = 1
    if (json) process.stdout.write(`${JSON.stringify({ ...result, dryRun: dryRun === true })}\n`)
    else process.stdout.write(`${summary(result.letters)}${result.replayed} of ${result.letters.length} sent back\n`)
    if (result.notTaken > 0)
      process.stderr.write(`kilowatch: the queue did not take ${result.notTaken}; run it again\n`)
  } finally {
    sqs.destroy()
  }
}

/** Takes the region from the queue's URL, so that the user need not give it. */
export function queuePlace(queueUrl: string): { endpoint: string; region?: string } {
  if (!URL.canParse(queueUrl)) throw new Error(`--queue-url "${queueUrl}" is no URL`)
  const { origin, hostname } = new URL(queueUrl)
  const [, region] = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname) ?? []
  return { endpoint: origin, ...(region && { region }) }
}

/** Counts by reason, the most frequent first, with the beginning of some messages. */
function summary(letters: readonly DeadLetter[]): string {
  const byReason = [...Map.groupBy(letters, ({ reason }) => reason)].sort(([, a], [, b]) => b.length - a.length)
  const lines = byReason.flatMap(([reason, same]) => [
    `${same.length} × ${reason}`,
    ...same
      .slice(0, EXAMPLES)
      .map(({ sentMs, body }) => `    ${new Date(sentMs).toISOString()}  ${body.slice(0, EXAMPLE_CHARS)}`),
  ])
  return lines.map((line) => `${line}\n`).join('')
}
