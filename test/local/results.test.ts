// Results of commands over the embedded broker: PUBACK comes once they are stored, and nobody else gets them.

import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { noteCommand, sentCommandsKey, takeResult } from '../../functions/wire/commands.ts'
import { startBroker } from '../../local/broker.ts'
import { NOON_MS, openTestPlatform } from '../functions/province.ts'

async function opened(results?: () => Promise<undefined>) {
  const { state } = await openTestPlatform()
  const logs: string[] = []
  const broker = await startBroker({
    ...{ host: '127.0.0.1', port: 0, now: () => NOON_MS, log: (line) => logs.push(line) },
    verify: async () => true,
    queue: { push: (_: unknown, done: (error: null) => void) => done(null) } as Parameters<
      typeof startBroker
    >[0]['queue'],
    results: results ?? ((message) => takeResult(state, message)),
  })
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    ...{ clientId: 'G-A', username: 'G-A', password: 'x', reconnectPeriod: 0 },
  })
  onTestFinished(async () => {
    await client.endAsync(true)
    await broker.close()
  })
  return { state, client, logs }
}

test('a result is stored when its gateway gets the PUBACK; one that is none is logged', async () => {
  const { state, client, logs } = await opened()
  await noteCommand(state, 'G-A', { command: { id: '1', name: 'readNow', by: 'li' }, sentMs: NOON_MS })
  await client.publishAsync('kw/v1/G-A/results', JSON.stringify({ v: 1, id: '1', ok: true }), { qos: 1, retain: true })
  expect((await state.get(sentCommandsKey('G-A')))?.value.commands[0].result?.value).toMatchObject({ ok: true })
  await client.publishAsync('kw/v1/G-A/results', 'no JSON', { qos: 1 })
  expect(logs).toEqual(['a result of gateway "G-A" is not kept: a result is JSON with the id of its command'])
})

test('a result that could not be stored is not acknowledged', async () => {
  const { client } = await opened(() => Promise.reject(new Error('disk full')))
  const closed = new Promise((resolve) => client.once('close', () => resolve('closed')))
  const acknowledged = client.publishAsync('kw/v1/G-A/results', '{"id":"1"}', { qos: 1 }).then(
    () => 'acknowledged',
    () => closed,
  )
  expect(await Promise.race([acknowledged, closed])).toBe('closed')
})
