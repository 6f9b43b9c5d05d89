// Messages of foreign products through the queue of AWS: the rule's topic names the devices, as at the broker of one
// machine (test/local/foreign.test.ts).

import { expect, test } from 'vitest'
import { must } from '../../../domain/must.ts'
import { meter, NOON_MS, oneInstitution, openTestPlatform, register } from '../../functions/province.ts'
import { deadLettersOf, openCloudHost } from '../cloud-host.ts'

test('what Tasmota publishes is stored by its mapping; a topic of another gateway is set aside', async () => {
  const stores = await openTestPlatform()
  const registry = oneInstitution([meter('plug-1', 'A')])
  await register(stores, {
    ...registry,
    gateways: must(registry.gateways).map((one) => ({ ...one, mapping: 'tasmota' })),
  })
  const host = await openCloudHost(stores, stores.clock)
  const Time = new Date(NOON_MS - 60_000 + 8 * 3_600_000).toISOString().slice(0, 19)
  const payload = Buffer.from(JSON.stringify({ Time, ENERGY: { Total: 12.5 } })).toString('base64')
  const send = (topic: string) =>
    host.server.send('ingest', JSON.stringify({ payload, gateway: 'G-A', receivedMs: NOON_MS, topic }))
  send('kw/v1/G-A/foreign/tele/plug-1/SENSOR')
  send('kw/v1/G-B/foreign/tele/plug-1/SENSOR')
  await host.drain()
  const stored = (await host.platform.readings.range(['plug-1'], 0, NOON_MS + 1)).get('plug-1')
  expect([...must(stored).value]).toEqual([12.5])
  expect(host.server.messages(deadLettersOf('ingest'))).toHaveLength(1)
})
