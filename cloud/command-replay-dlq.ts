// `kilowatch replay-dlq`: why messages are in a dead-letter queue, and back with them to where they came from.

import { SQSClient } from '@aws-sdk/client-sqs'
import { type DeadLetter, replayDeadLetters } from './replay-dead-letters.ts'

export interface ReplayDlqOptions {
  queueUrl: string
  dlqUrl?: string
  dryRun?: boolean
  json?: boolean
  limit: number
}

/** Examples of one reason that are shown; all are in the JSON. */
const EXAMPLES = 3
const EXAMPLE_CHARS = 120

export async function replayDlq({ queueUrl, dlqUrl, dryRun, json, limit }: ReplayDlqOptions): Promise<void> {
  const sqs = new SQSClient(placeOf(queueUrl))
  try {
    const result = await replayDeadLetters(sqs, { queueUrl, deadLettersUrl: dlqUrl, dryRun, limit })
    if (json) process.stdout.write(`${JSON.stringify({ ...result, dryRun: dryRun === true })}\n`)
    else process.stdout.write(`${summary(result.letters)}${result.replayed} of ${result.letters.length} sent back\n`)
  } finally {
    sqs.destroy()
  }
}

/** The queue's own region: whoever names a queue need not say it again. */
function placeOf(queueUrl: string): { endpoint: string; region?: string } {
  if (!URL.canParse(queueUrl)) throw new Error(`--queue-url "${queueUrl}" is no URL`)
  const { origin, hostname } = new URL(queueUrl)
  const [, region] = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname) ?? []
  return { endpoint: origin, ...(region && { region }) }
}

/** How often each reason is there, the most frequent first, with the beginning of some messages. */
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
