// Messages for one shard that wait are one message, no two of a shard are worked on at a time, and nothing that was
// asked for after work began is forgotten: over the wire protocol of SQS.

import { expect, test } from 'vitest'
import { sqsFanOut } from '../../cloud/fan-out.ts'
import { GATHER_SECONDS, QUEUE_DELAY_SECONDS } from '../../functions/triggers.ts'
import { openSqs } from './aws.ts'
import { NO_LOG } from './cloud-host.ts'

const fifo = { fifo: true, delayMs: QUEUE_DELAY_SECONDS * 1000 }

async function opened() {
  const clock = { nowMs: Date.UTC(2026, 5, 15) }
  const { server, sqs } = await openSqs({ settle: fifo, notify: fifo }, () => clock.nowMs)
  const options = { sqs, urlOf: server.urlOf, now: () => clock.nowMs, log: NO_LOG }
  const shardsOf = (queue: string) => server.messages(queue).map(({ body }) => JSON.parse(body).shard)
  const received = () => server.receive('settle', 10)?.Records.map(({ body }) => JSON.parse(body).shard) ?? []
  return { clock, server, sqs, options, shardsOf, received, fanOut: sqsFanOut(options) }
}

test('sends one message a shard, however many ask within one span', async () => {
  const { fanOut, options, shardsOf } = await opened()
  await fanOut.send('settle', ['130102', '130104', '130102'])
  await fanOut.send('settle', ['130102'])
  await sqsFanOut(options).send('settle', ['130104'])
  expect(shardsOf('settle')).toEqual(['130102', '130104'])
})

test('what is asked for after work has begun is a message of its own, worked on afterwards', async () => {
  const { fanOut, clock, server, received } = await opened()
  await fanOut.send('settle', ['130102'])
  // The last moment of the span: still the same message, and it has not been handed out.
  clock.nowMs += GATHER_SECONDS * 1000 - 1
  expect(received()).toEqual([])
  await fanOut.send('settle', ['130102'])
  expect(server.messages('settle')).toHaveLength(1)
  clock.nowMs += 2000
  const event = server.receive('settle', 10)
  expect(event?.Records).toHaveLength(1)
  await fanOut.send('settle', ['130102'])
  expect(server.messages('settle')).toHaveLength(2)
  clock.nowMs += QUEUE_DELAY_SECONDS * 1000 - 2000
  // Due, but one of its shard is being worked on.
  expect(received()).toEqual([])
  if (event) server.settle('settle', event, [])
  clock.nowMs += 2000
  expect(received()).toEqual(['130102'])
})

test('a province fits: batches of ten, and those that SQS did not take are sent again', async () => {
  const { fanOut, server, shardsOf } = await opened()
  const counties = Array.from({ length: 170 }, (_, i) => String(130_000 + i))
  server.failNextEntries.push(3, 0, 1)
  await fanOut.send('settle', counties)
  expect(shardsOf('settle').toSorted()).toEqual(counties)
})

test('throws when SQS goes on refusing, and what it took is not sent again', async () => {
  const { fanOut, server, shardsOf } = await opened()
  server.failNextEntries.push(1, 1, 1, 1)
  await expect(fanOut.send('settle', ['130102', '130104'])).rejects.toThrow('1 messages to queue "settle"')
  await fanOut.send('settle', ['130102', '130104'])
  expect(shardsOf('settle')).toEqual(['130104', '130102'])
})

test('a queue whose work is for all at once gets one message', async () => {
  const { fanOut, shardsOf } = await opened()
  await fanOut.send('notify', ['130102', '130104'])
  await fanOut.send('notify', [])
  expect(shardsOf('notify')).toEqual([''])
})

test('a queue that is not there is an error', async () => {
  const { options } = await opened()
  await expect(sqsFanOut(options).send('prune', [''])).rejects.toThrow('no queue "prune"')
})
