// Demo gateways whose meters are asked over TCP: what arrives is what the registers showed, by three protocols.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { DemoGatewaysInput } from '../../../devices/demo/gateways.ts'
import { meteredGateways, openMeteredGateway } from '../../../devices/demo/metered-gateways.ts'
import { demoProvince } from '../../../devices/demo/province.ts'
import { Simulator } from '../../../devices/demo/simulator.ts'
import type { Reading } from '../../../devices/source.ts'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { importRegistry } from '../../../functions/registry/import.ts'
import { startHost } from '../../../local/host.ts'
import { eventually } from '../../acceptance/host-process.ts'
import { startBroker, temporaryFolder } from '../broker.ts'

const NOW_MS = Date.UTC(2026, 10, 30, 2, 20)
const simulator = new Simulator(demoProvince({ seed: '1', startMs: NOW_MS - 3 * HOUR_MS }))

test('the gateways that are chosen show DL/T 645, CJ/T 188 and Modbus', async () => {
  const chosen = meteredGateways(simulator)
  expect(chosen.length).toBeGreaterThan(20)
  expect(meteredGateways(simulator)).toEqual(chosen)
  const meters = chosen.flatMap((id) => simulator.metersOf(id)).map(({ meter }) => `${meter.medium} ${meter.unit}`)
  expect(new Set(meters)).toEqual(new Set(['electricity kWh', 'water m³', 'heat GJ']))
})

test('the process of the demo reads them over lines: their status names the wires, open and without a failing meter', async () => {
  const broker = await startBroker()
  const startMs = Date.now()
  const chosen = meteredGateways(simulator).slice(0, 3)
  const child = demoProcess()
  child.send({
    ...{ seed: '1', startMs: NOW_MS - 3 * HOUR_MS, url: broker.url, folder: temporaryFolder(), intervalSeconds: 1 },
    gateways: chosen.map((id) => ({ id, password: 'x', sinceMs: startMs })),
  } satisfies DemoGatewaysInput)
  const open = await eventually('every line has answered', () => {
    const lines = broker.statuses.flatMap((status) => (status.lines ?? []) as { name: string; state: string }[])
    const found = new Set(lines.filter(({ state }) => state === 'open').map(({ name }) => name))
    return found.size === 3 && broker.heard.length >= 6 && found
  })
  expect([...open].sort()).toEqual(['cjt188', 'dlt645', 'modbus'])
  expect(broker.statuses.flatMap((status) => status.failing ?? [])).toEqual([])
  const sent = new Set(broker.heard.flatMap(({ readings }) => readings.map(({ meter }) => meter)))
  const meters = chosen.flatMap((id) => simulator.metersOf(id)).map(({ meter }) => meter.id)
  expect(meters.filter((id) => !sent.has(id))).toEqual([])
})

/** Ends with the test, as it ends when its parent is gone. */
function demoProcess() {
  const child = fork(join(import.meta.dirname, '../../../devices/demo/gateways.ts'), { stdio: 'inherit' })
  onTestFinished(async () => {
    child.disconnect()
    if (child.exitCode === null) await once(child, 'exit')
  })
  return child
}

test('every register arrives as it was at that instant, after the hours that were missed', async () => {
  for (const id of meteredGateways(simulator).slice(0, 12)) {
    let clockMs = NOW_MS
    const now = () => clockMs++
    const { source, close } = await openMeteredGateway(simulator, id, {
      ...{ intervalSeconds: 3_600, sinceMs: NOW_MS - 3 * HOUR_MS, now },
    })
    const stop = new AbortController()
    onTestFinished(async () => {
      stop.abort()
      await close()
    })
    const live = new Map<string, Reading>()
    let missed = 0
    const wanted = simulator.metersOf(id).map(({ meter }) => meter)
    for await (const block of source.readings(stop.signal)) {
      for (const reading of block) {
        if (Number(reading.at) < NOW_MS) missed += 1
        else live.set(reading.meter, reading)
      }
      if (live.size === wanted.length) break
    }
    expect(missed).toBe(3 * wanted.length)
    for (const { id: meter } of wanted) {
      const { at, value } = live.get(meter) as Reading
      // The meter was asked some clock steps before its answer had arrived.
      expect(value).toBeGreaterThanOrEqual(simulator.registerAt(meter, Number(at) - 60_000))
      expect(value).toBeLessThanOrEqual(simulator.registerAt(meter, Number(at)))
    }
  }
})

test('the process of the demo sends them by MQTT to a host, which stores what the registers show', async () => {
  const folder = temporaryFolder()
  const host = await startHost({ data: join(folder, 'data'), port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {} })
  onTestFinished(() => host.close())
  const startMs = Date.now()
  const live = new Simulator(demoProvince({ seed: '1', startMs }))
  const { problems } = await importRegistry(host.platform.state, live.demo.registry)
  expect(problems).toEqual([])
  const chosen = meteredGateways(live).slice(0, 4)
  const secrets = await host.platform.devices.provision(chosen.map((id) => ({ id })))
  const child = demoProcess()
  child.send({
    ...{ seed: '1', startMs, url: host.mqttUrl, folder: join(folder, 'outbox'), intervalSeconds: 2 },
    gateways: secrets.map(({ id, secret }) => ({ id, password: secret, sinceMs: startMs })),
  } satisfies DemoGatewaysInput)
  const meters = chosen.flatMap((id) => live.metersOf(id)).map(({ meter }) => meter.id)
  const stored = await eventually(
    'each meter has two readings',
    async () => {
      const found = await host.platform.readings.range(meters, startMs, Number.MAX_SAFE_INTEGER)
      return meters.every((id) => (found.get(id)?.atMs.length ?? 0) >= 2) && found
    },
    100_000,
  )
  for (const [meter, { atMs, value }] of stored)
    for (const [n, at] of atMs.entries()) {
      expect(value[n]).toBeGreaterThanOrEqual(live.registerAt(meter, at - 60_000))
      expect(value[n]).toBeLessThanOrEqual(live.registerAt(meter, at))
    }
}, 150_000)
