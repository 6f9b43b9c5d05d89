// A gateway of another product at the broker of one machine: its own topics below kw/v1/G/foreign/, stored by its
// mapping; what does not fit is a rejection with its reason.

import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf } from '../../local/command/client.ts'
import { startHost } from '../../local/host.ts'
import { temporaryFolder } from '../acceptance/host-process.ts'
import { meter, oneInstitution, register } from '../functions/province.ts'

test('what Tasmota publishes is stored, and what does not fit is a rejection', async () => {
  const data = join(temporaryFolder(), 'data')
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined })
  onTestFinished(() => host.close())
  const registry = oneInstitution([meter('plug-1', 'A')])
  const gateways = registry.gateways?.map((one) => ({ ...one, mapping: 'tasmota' }))
  await register(host.platform, { ...registry, ...(gateways && { gateways }) })
  const [made] = await host.platform.devices.provision([{ id: 'G-A' }])
  const identity = { clientId: 'G-A', username: 'G-A', password: made.secret, reconnectPeriod: 0 }
  const client = await connectAsync(host.mqttUrl, identity)
  client.on('error', () => {})
  onTestFinished(() => client.endAsync(true))
  const say = (topic: string, message: object) =>
    client.publishAsync(`kw/v1/G-A/foreign/${topic}`, JSON.stringify(message), { qos: 1 })
  const Time = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19)
  await say('tele/plug-1/SENSOR', { Time, ENERGY: { Total: 12.5 } })
  await say('tele/plug-1/STATE', { Time })
  await say('tele/plug-1/SENSOR', { Time, ENERGY: {} })
  const stored = (await host.platform.readings.range(['plug-1'], 0, Date.now() + 1)).get('plug-1')
  expect([...(stored?.value ?? [])]).toEqual([12.5])
  const { items } = await clientOf(host).get<{ items: { code: string; detail: string }[] }>('rejections?gateway=G-A')
  expect(items).toHaveLength(1)
  expect(items[0]).toMatchObject({ code: 'notMapped', detail: expect.stringContaining('ENERGY.Total') })
  // The topics of others stay closed.
  const refused = await connectAsync(host.mqttUrl, identity)
  refused.on('error', () => {})
  onTestFinished(() => refused.endAsync(true))
  const closed = new Promise<void>((resolve) => refused.once('close', () => resolve()))
  refused.publish('kw/v1/G-B/foreign/tele/plug-1/SENSOR', '{}', { qos: 1 }, () => {})
  await closed
})
