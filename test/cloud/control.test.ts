// A rule of control in AWS: through API Gateway's events, the queue and entry of `control`, DynamoDB's wire and IoT
// Core's client, with no more rights than each function has. It fires, its command is sent in two steps, and the result
// comes back.

import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot'
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, onTestFinished, test } from 'vitest'
import { iotDevices } from '../../cloud/devices.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import type { InstitutionRulesView } from '../../domain/view/control.ts'
import { docKey } from '../../functions/platform.ts'
import { derive, meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from '../functions/province.ts'
import { testClient } from './aws.ts'
import { openCloudHost } from './cloud-host.ts'
import { startDynamo } from './dynamo.ts'

const MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS
const RULE = {
  ...{ kind: 'nightSetBack', fromHour: 22, toHour: 6, savedShare: 0.1 },
  ...{ address: 100, night: 160, day: 200 },
}

/** Nine days of a meter, in DynamoDB; what IoT Core was given to publish. */
async function inAws() {
  const { accounts: _, ...machine } = await openTestPlatform()
  await register(machine as never, oneInstitution([meter('A-E', 'A')]))
  const readings = Array.from({ length: 9 * 24 + 1 }, (_, hour) => ({
    ...{ meter: 'A-E', at: MIDNIGHT_MS - 9 * DAY_MS + hour * HOUR_MS, value: hour * 5 },
  }))
  await send(machine as never, 'G-A', readings)
  await derive(machine as never)
  const server = await startDynamo()
  const dynamo = server.client()
  const [core, data] = [mockClient(IoTClient), mockClient(IoTDataPlaneClient)]
  onTestFinished(async () => {
    for (const mock of [core, data]) mock.restore()
    dynamo.destroy()
    await server.close()
  })
  core.on(DescribeEndpointCommand).resolves({ endpointAddress: '127.0.0.1' })
  data.on(PublishCommand).resolves({})
  const devices = iotDevices({
    iot: new IoTClient(testClient('http://127.0.0.1:1')),
    ...{ policy: () => 'kilowatch-gateway', group: () => 'kilowatch-gateways' },
  })
  const state = openStateTable({ dynamo, table: await server.newTable(), objects: machine.objects })
  for (const { key, value } of await machine.state.query(docKey(''))) await state.put([{ key, value }])
  const published = () =>
    data.commandCalls(PublishCommand).map(({ args: [{ input }] }) => ({
      topic: input.topic,
      ...JSON.parse(new TextDecoder().decode(input.payload as Uint8Array)),
    }))
  return { host: await openCloudHost({ ...machine, state, devices }, machine.clock), published }
}

test('a permitted rule sends its command in two steps, and its result comes back', async () => {
  const { host, published } = await inAws()
  const { clock, server } = host
  const rule = 'meters/A-E/control-rules/r1'
  await host.put(rule, { rule: RULE })
  await host.post(`${rule}/trial`, { from: String(MIDNIGHT_MS - 9 * DAY_MS), to: String(MIDNIGHT_MS) })
  await host.put(`${rule}/permission`, { untilMs: clock.nowMs + 30 * DAY_MS })
  const tick = async () => {
    host.tick('control')
    await host.drain()
    clock.nowMs += MINUTE_MS
  }
  /** What the gateway publishes to its topic of results, as the IoT rule hands it on. */
  const answer = async (id: string, value: object) => {
    const payload = Buffer.from(JSON.stringify({ v: 1, id, ...value })).toString('base64')
    server.send('ingest', JSON.stringify({ payload, gateway: 'G-A', receivedMs: clock.nowMs, signal: 'result' }))
    await host.drain()
  }
  await tick()
  expect(published()).toEqual([])
  clock.nowMs = MIDNIGHT_MS + 22 * HOUR_MS + MINUTE_MS
  await tick()
  const [first] = published()
  expect(first).toMatchObject({
    ...{ topic: 'kw/v1/G-A/commands', v: 1, name: 'writeRegister', by: expect.stringMatching(/, rule r1$/) },
    arguments: { meter: 'A-E', address: 100, value: 160 },
  })
  await answer(first.id, { state: 'confirm', token: 'T' })
  await tick()
  expect(published().slice(1)).toMatchObject([
    { id: `${first.id}.confirm`, name: 'confirm', arguments: { token: 'T' } },
  ])
  await answer(`${first.id}.confirm`, { state: 'done' })
  // The queue may deliver a tick twice: nothing is sent again.
  for (let again = 0; again < 3; again++) await tick()
  expect(published()).toHaveLength(2)
  const { items, mayControl } = await host.get<InstitutionRulesView>('institutions/A/control-rules')
  expect(mayControl).toBe(true)
  expect(items).toMatchObject([{ id: 'r1', hasBegun: true, orders: [{ when: 'nightBegins', state: 'done' }] }])
  expect(host.logs.filter((line) => JSON.parse(line).level !== 'INFO')).toEqual([])
})
