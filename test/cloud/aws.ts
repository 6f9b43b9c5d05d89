// Clients of the AWS SDK for servers of the tests: any credentials, no waiting between tries.

import { SQSClient } from '@aws-sdk/client-sqs'
import { onTestFinished } from 'vitest'
import { type QueueOptions, type SqsServer, startSqs } from './sqs-server.ts'

export const testClient = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

/** A queue server and a client of it, both gone with the test. */
export async function openSqs(
  queues: Record<string, QueueOptions>,
  now: () => number,
): Promise<{ server: SqsServer; sqs: SQSClient }> {
  const server = await startSqs(queues, now)
  const sqs = new SQSClient(testClient(server.endpoint))
  onTestFinished(async () => {
    sqs.destroy()
    await server.close()
  })
  return { server, sqs }
}
