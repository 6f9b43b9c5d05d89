// When gateways were last heard, in AWS: few writes, and none that takes a later one back.

import { expect, test } from 'vitest'
import { lambdaGatewayWatch } from '../../cloud/gateway-watch.ts'
import { gatewayContacts, gatewaysHeard } from '../../functions/alerts/gateways-heard.ts'
import type { MqttMessage, StateStore } from '../../functions/platform.ts'
import { noteCommand, sentCommandsKey } from '../../functions/wire/commands.ts'
import { NOON_MS, openTestPlatform, PROVINCE, register } from '../functions/province.ts'
import { deadLettersOf, openCloudHost } from './cloud-host.ts'

const MINUTE_MS = 60_000
const message = (gateway: string, minute: number, delayed = false): MqttMessage => ({
  id: `${gateway} ${minute}`,
  gateway,
  payload: '',
  receivedMs: NOON_MS + minute * MINUTE_MS,
  delayed,
})

async function opened() {
  const { state } = await openTestPlatform()
  let writes = 0
  const counting: StateStore = {
    ...state,
    async put(docs, options) {
      writes += docs.length
      return state.put(docs, options)
    },
  }
  const heard = async (gateway: string) => ((await gatewaysHeard(state, [gateway])).get(gateway) ?? 0) - NOON_MS
  return { counting, writes: () => writes, heard }
}

test('a gateway that speaks every minute is written down every ten', async () => {
  const { counting, writes, heard } = await opened()
  const watch = lambdaGatewayWatch(counting)
  for (let minute = 0; minute <= 60; minute++) await watch([message('G1', minute), message('G2', minute)])
  expect(writes()).toBeLessThanOrEqual(2 * 7)
  expect(await heard('G1')).toBeGreaterThanOrEqual(50 * MINUTE_MS)
})

test('a message that lay somewhere says when the gateway was heard, but takes nothing later back', async () => {
  const { counting, heard } = await opened()
  const watch = lambdaGatewayWatch(counting)
  await watch([message('G1', 5, true)])
  expect(await heard('G1')).toBe(5 * MINUTE_MS)
  // Another function has noted a later one meanwhile.
  await lambdaGatewayWatch(counting)([message('G1', 90)])
  await watch([message('G1', 20, true)])
  expect(await heard('G1')).toBe(90 * MINUTE_MS)
})

test('statuses and connections say who came and went; what comes late changes nothing', async () => {
  const stores = await openTestPlatform()
  await register(stores, PROVINCE)
  const host = await openCloudHost(stores, stores.clock)
  const send = async (...signals: object[]) => {
    for (const signal of signals) host.server.send('ingest', JSON.stringify(signal))
    await host.drain()
  }
  const seen = async (gateway: string) => (await gatewayContacts(stores.state, [gateway])).get(gateway)
  const status = (state: string) => Buffer.from(JSON.stringify({ v: 1, state })).toString('base64')
  const at = (minute: number) => ({ gateway: 'G-A', receivedMs: NOON_MS + minute * MINUTE_MS })
  await send({ ...at(0), signal: 'status', payload: status('online') })
  expect(await seen('G-A')).toMatchObject({ lastMs: NOON_MS, offlineMs: null })
  await send({ ...at(2), signal: 'disconnected' })
  expect(await seen('G-A')).toMatchObject({ lastMs: NOON_MS, offlineMs: NOON_MS + 2 * MINUTE_MS })
  await send({ ...at(1), signal: 'connected' })
  expect(await seen('G-A')).toMatchObject({ offlineMs: NOON_MS + 2 * MINUTE_MS })
  await send({ ...at(4), signal: 'connected' }, { ...at(3), signal: 'status', payload: status('offline') })
  expect(await seen('G-A')).toMatchObject({ lastMs: NOON_MS + 4 * MINUTE_MS, offlineMs: null })
  await send(
    { ...at(5), gateway: 'claim-7', signal: 'connected' },
    { ...at(5), gateway: 'a person', signal: 'connected' },
  )
  expect([await seen('claim-7'), await seen('a person')]).toEqual([undefined, undefined])
  expect(host.server.messages(deadLettersOf('ingest'))).toEqual([])
})

test('a result of a command is stored under it; one that is none is logged and comes back to nobody', async () => {
  const stores = await openTestPlatform()
  await register(stores, PROVINCE)
  const host = await openCloudHost(stores, stores.clock)
  await noteCommand(stores.state, 'G-A', { command: { id: '1', name: 'readNow', by: 'li' }, sentMs: NOON_MS })
  const result = (gateway: string, payload: string) => {
    const body = { payload: Buffer.from(payload).toString('base64'), gateway, receivedMs: NOON_MS, signal: 'result' }
    host.server.send('ingest', JSON.stringify(body))
  }
  result('G-A', JSON.stringify({ v: 1, id: '1', ok: true }))
  result('G-B', JSON.stringify({ v: 1, id: '1', ok: true }))
  await host.drain()
  expect((await stores.state.get(sentCommandsKey('G-A')))?.value.commands).toMatchObject([
    { id: '1', name: 'readNow', sentMs: NOON_MS, result: { receivedMs: NOON_MS, value: { v: 1, id: '1', ok: true } } },
  ])
  expect(host.server.messages(deadLettersOf('ingest'))).toEqual([])
  expect(host.logs.map((line) => JSON.parse(line)).filter(({ message }) => message === 'result not kept')).toEqual([
    expect.objectContaining({ gateway: 'G-B', reason: 'no command "1" was sent' }),
  ])
})

test('a log follows a message to the hours that it became', async () => {
  const stores = await openTestPlatform()
  await register(stores, PROVINCE)
  const host = await openCloudHost(stores, stores.clock)
  const readings = [0, 1, 2].map((hour) => ({ meter: 'A-E', at: NOON_MS - (3 - hour) * 3_600_000, value: hour }))
  const payload = Buffer.from(JSON.stringify({ v: 1, readings })).toString('base64')
  const body = { payload, gateway: 'G-A', receivedMs: NOON_MS, trace: 'trace of IoT Core' }
  host.server.send('ingest', JSON.stringify(body))
  await host.drain()
  const lines = host.logs.map((line) => JSON.parse(line))
  for (const line of lines)
    expect(line).toMatchObject({ level: expect.any(String), message: expect.any(String), service: 'kilowatch' })
  const stored = lines.findIndex(({ messages }) => messages?.[0]?.trace_id === 'trace of IoT Core')
  expect(lines[stored]).toMatchObject({ message: 'messages stored', messages: [{ message_id: expect.any(String) }] })
  // In the same run, the work that its readings asked for; then the run that did this work, and up to which hour.
  const asked = lines.slice(0, stored).findLast(({ message }) => message === 'work asked for')
  expect(asked).toMatchObject({ queue: 'settle', work: [expect.stringMatching(/^130102-work-/)] })
  const done = lines.find(({ message, queue }) => message === 'work done' && queue === 'settle')
  expect(done).toMatchObject({
    messages: [{ work: asked.work[0] }],
    settled_to: new Date(NOON_MS - 3_600_000).toISOString(),
    failed: 0,
  })
  const ages = host.metrics.map((line) => JSON.parse(line).SettledHourAge).filter((age) => age !== undefined)
  expect(ages).toEqual([3_600])
})
