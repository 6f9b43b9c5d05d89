// Sends back what IoT rules could not pass on: the rules' error action leaves each message as an object in the bucket
// (infra/gateways.ts). Deletes an object only after its message is sent.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
  type _Object as StoredObject,
} from '@aws-sdk/client-s3'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { must } from '../domain/must.ts'
import { parted } from './backoff.ts'
import { type DeadLetter, deadLetterOf, sendBack } from './replay-dead-letters.ts'

const PREFIX = 'undelivered/'
/** Objects read at a time: their bodies together stay small. */
const OBJECTS_AT_ONCE = 10

export interface UndeliveredReplay {
  s3: S3Client
  sqs: SQSClient
  bucket: string
  queueUrl: string
  /** Reports only, sends nothing. */
  dryRun?: boolean
  /** Largest number of messages. */
  limit: number
}

export async function replayUndelivered(options: UndeliveredReplay) {
  const { s3, sqs, bucket: Bucket, queueUrl, dryRun = false, limit } = options
  const letters: DeadLetter[] = []
  let replayed = 0
  for (const part of parted(await listed(s3, Bucket, limit), OBJECTS_AT_ONCE)) {
    const held = await Promise.all(
      part.map(async ({ Key = '', LastModified }) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
        const SentTimestamp = String(LastModified?.getTime() ?? 0)
        const message = { MessageId: Key, Body: (await Body?.transformToString()) ?? '', Attributes: { SentTimestamp } }
        return { message, letter: deadLetterOf(message) }
      }),
    )
    letters.push(...held.map(({ letter }) => letter))
    if (dryRun) continue
    // An object has no group: messages of rules go to a standard queue.
    for (const { MessageId } of await sendBack(sqs, queueUrl, held)) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: must(MessageId) }))
      replayed++
    }
  }
  return { queue: queueUrl, bucket: Bucket, letters, replayed, notTaken: dryRun ? 0 : letters.length - replayed }
}

async function listed(s3: S3Client, Bucket: string, limit: number): Promise<StoredObject[]> {
  const found: StoredObject[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: PREFIX, ContinuationToken }))
    found.push(...(page.Contents ?? []))
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken && found.length < limit)
  return found.slice(0, limit)
}
