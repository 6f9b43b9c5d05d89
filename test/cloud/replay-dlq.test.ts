// Dead letters: why they are there, and back with them, by the command that users run, over the wire protocol of SQS.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MESSAGE_AGE_MAX_MS, RECEIVES_MAX } from '../../functions/triggers.ts'
import { INSTITUTIONS, NOON_MS, openTestPlatform, PROVINCE, register } from '../functions/province.ts'
import { deadLettersOf, openCloudHost, type Source } from './cloud-host.ts'

const root = join(import.meta.dirname, '..', '..')

function kilowatch(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'bin', 'kilowatch.mjs'), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    )
  })
}

async function opened() {
  const stores = await openTestPlatform()
  await register(stores, PROVINCE)
  const host = await openCloudHost(stores, stores.clock)
  const replay = (source: Source, ...more: string[]) =>
    kilowatch('replay-dlq', '--queue-url', host.server.urlOf(source), ...more)
  const append = (): Promise<never> => {
    host.wait(MESSAGE_AGE_MAX_MS)
    return Promise.reject(new Error('the store is down'))
  }
  const down = { ...host.platform, readings: { ...host.platform.readings, append } }
  return { host, replay, down, count: () => stores.readings.count(INSTITUTIONS.map(({ id }) => `${id}-E`)) }
}
const reading = (meter: string) => JSON.stringify({ v: 1, readings: [{ meter, at: NOON_MS - 1000, value: 1 }] })

test('what could not be stored lies apart with its reason, is shown, and is stored once it is sent back', async () => {
  const { host, replay, down, count } = await opened()
  for (const { id } of INSTITUTIONS) host.publish(`G-${id}`, reading(`${id}-E`))
  await host.drain(down)
  expect(await count()).toBe(0)
  expect(host.server.messages(deadLettersOf('ingest'))).toHaveLength(INSTITUTIONS.length)

  const shown = JSON.parse((await replay('ingest', '--dry-run', '--json')).stdout)
  expect(shown).toMatchObject({ dryRun: true, replayed: 0, deadLetters: host.server.urlOf(deadLettersOf('ingest')) })
  expect(shown.letters.map(({ reason }: { reason: string }) => reason)).toEqual(
    INSTITUTIONS.map(() => 'Error: the store is down'),
  )
  expect(host.server.messages(deadLettersOf('ingest'))).toHaveLength(INSTITUTIONS.length)

  const { code, stdout } = await replay('ingest')
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^4 × Error: the store is down\n[\s\S]*4 of 4 sent back\n$/),
  })
  expect(host.server.messages(deadLettersOf('ingest'))).toHaveLength(0)
  await host.drain()
  expect(await count()).toBe(INSTITUTIONS.length)
})

test('a limit sends so many back and leaves the rest', async () => {
  const { host, replay, down } = await opened()
  for (const { id } of INSTITUTIONS) host.publish(`G-${id}`, reading(`${id}-E`))
  await host.drain(down)
  expect(JSON.parse((await replay('ingest', '--limit', '3', '--json')).stdout)).toMatchObject({ replayed: 3 })
  expect(host.server.messages(deadLettersOf('ingest'))).toHaveLength(INSTITUTIONS.length - 3)
  expect(host.server.messages('ingest')).toHaveLength(3)
})

test('messages go back in batches that SQS takes; what it does not take stays a dead letter', async () => {
  const { host, replay } = await opened()
  const letters = Array.from({ length: 25 }, (_, n) => JSON.stringify({ n, text: 'x'.repeat(n < 10 ? 100_000 : 10) }))
  for (const body of letters) host.server.send(deadLettersOf('ingest'), body)
  host.server.calls.clear()
  host.server.failNextEntries.push(1)
  const { code, stdout } = await replay('ingest', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ replayed: 24, notTaken: 1 })
  expect(host.server.messages('ingest')).toHaveLength(24)
  expect(host.server.messages(deadLettersOf('ingest')).map(({ body }) => JSON.parse(body).n)).toEqual([0])
  // Two large ones a request, then ten small ones.
  expect(Object.fromEntries(host.server.calls)).toMatchObject({ SendMessageBatch: 5 + 2, DeleteMessageBatch: 3 })
  expect(host.server.calls.get('SendMessage')).toBeUndefined()
})

test('a message that is none of the rule is set aside at once, and says what is wrong with it', async () => {
  const { host, replay } = await opened()
  host.server.send('ingest', 'hello')
  host.server.send('ingest', '{"payload":"e30=","gateway":7,"receivedMs":0}')
  host.publish('G-A', reading('A-E'))
  await host.drain()
  const { letters } = JSON.parse((await replay('ingest', '--dry-run', '--json')).stdout)
  expect(letters.map(({ reason }: { reason: string }) => reason)).toEqual([
    expect.stringContaining('not JSON of the IoT rule: SyntaxError'),
    expect.stringContaining('not JSON of the IoT rule: gateway: '),
  ])
})

test('work of a shard comes back into its group; what SQS moved by itself says that no reason was given', async () => {
  const { host, replay } = await opened()
  await host.platform.fanOut.send('settle', ['130102'])
  for (let receive = 0; receive <= RECEIVES_MAX; receive++) {
    host.clock.nowMs += 100_000
    host.receive('settle') // and the function dies
  }
  expect(host.server.messages('settle')).toHaveLength(0)
  const result = JSON.parse((await replay('settle', '--json')).stdout)
  expect(result).toMatchObject({ replayed: 1, letters: [{ reason: expect.stringContaining('no reason was given') }] })
  expect(host.server.messages('settle')).toMatchObject([{ body: '{"shard":"130102"}', group: '130102' }])
  await host.drain()
})

test('what an IoT rule could not send on is unwrapped', async () => {
  const { host, replay, count } = await opened()
  const failed = {
    ruleName: 'KilowatchIngest',
    topic: 'kw/v1/G-A/readings',
    clientId: 'G-A',
    base64OriginalPayload: Buffer.from(reading('A-E')).toString('base64'),
    failures: [{ failedAction: 'SqsAction', failedResource: 'queue', errorMessage: 'Failed to send message to SQS' }],
  }
  host.server.send(deadLettersOf('ingest'), JSON.stringify(failed))
  const result = JSON.parse((await replay('ingest', '--json')).stdout)
  expect(result).toMatchObject({ replayed: 1, letters: [{ reason: 'Failed to send message to SQS' }] })
  await host.drain()
  expect(await count()).toBe(1)
})

test('a result and a foreign message that could not be sent on come back as what they were', async () => {
  const { host, replay } = await opened()
  const base64OriginalPayload = Buffer.from('{}').toString('base64')
  for (const [rule, topic] of [
    ['results', 'kw/v1/G-A/results'],
    ['foreign', 'kw/v1/G-A/foreign/tele/x/SENSOR'],
  ]) {
    const failed = { ruleName: `kilowatch_prod_${rule}`, topic, clientId: 'G-A', base64OriginalPayload }
    host.server.send(deadLettersOf('ingest'), JSON.stringify(failed))
  }
  await replay('ingest')
  const bodies = host.server.messages('ingest').map((message) => JSON.parse(JSON.stringify(message)))
  const text = JSON.stringify(bodies)
  expect(text).toContain('signal')
  expect(text).toContain('result')
  expect(text).toContain('kw/v1/G-A/foreign/tele/x/SENSOR')
})

test('wrong usage and a queue that is not there are told apart', async () => {
  const { host } = await opened()
  expect(await kilowatch('replay-dlq')).toMatchObject({ code: 2, stderr: expect.stringContaining('--queue-url') })
  expect(await kilowatch('replay-dlq', '--queue-url', 'here')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no URL'),
  })
  const absent = await kilowatch('replay-dlq', '--queue-url', host.server.urlOf('nowhere'))
  expect(absent).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no queue "nowhere"') })
  const none = await kilowatch('replay-dlq', '--queue-url', host.server.urlOf(deadLettersOf('ingest')))
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('--dlq-url') })
  expect((await kilowatch('--help')).stdout).toContain('replay-dlq')
})
