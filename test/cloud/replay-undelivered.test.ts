// What IoT rules could not pass on goes back into the queue, with its sender and payload, once it can.

import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { replayUndelivered } from '../../cloud/replay-undelivered.ts'
import { NOON_MS } from '../functions/province.ts'
import { openSqs } from './aws.ts'
import { startBucket } from './bucket.ts'

test('messages that rules left in the bucket go back unwrapped, and only what the queue took is deleted', async () => {
  const bucket = await startBucket()
  const s3 = bucket.client()
  onTestFinished(async () => {
    s3.destroy()
    await bucket.close()
  })
  const { server, sqs } = await openSqs({ ingest: {} }, () => NOON_MS)
  for (let n = 0; n < 12; n++) {
    const failed = { clientId: `G-${n}`, base64OriginalPayload: 'e30=', failures: [{ errorMessage: 'no queue' }] }
    const Key = `undelivered/${String(n).padStart(2, '0')}`
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key, Body: JSON.stringify(failed) }))
  }
  await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'state/other', Body: '' }))
  const replay = (more = {}) =>
    replayUndelivered({ s3, sqs, bucket: 'b', queueUrl: server.urlOf('ingest'), limit: 1_000, ...more })
  expect(await replay({ dryRun: true })).toMatchObject({ replayed: 0, notTaken: 0 })
  server.failNextEntries.push(1)
  const { letters, replayed, notTaken } = await replay()
  expect(letters.map(({ reason }) => reason)).toEqual(Array(12).fill('no queue'))
  expect({ replayed, notTaken }).toEqual({ replayed: 11, notTaken: 1 })
  const gateways = server.messages('ingest').map(({ body }) => JSON.parse(body))
  expect(gateways[0]).toMatchObject({ gateway: 'G-1', payload: 'e30=', receivedMs: expect.any(Number) })
  expect(await replay()).toMatchObject({ replayed: 1, letters: [{ id: 'undelivered/00' }] })
})
