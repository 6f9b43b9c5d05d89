// Demo gateways whose meters are asked over TCP: what arrives is what the registers showed, by three protocols.

import { expect, onTestFinished, test } from 'vitest'
import { meteredGateways, openMeteredGateway } from '../../../devices/demo/metered-gateways.ts'
import { demoProvince } from '../../../devices/demo/province.ts'
import { Simulator } from '../../../devices/demo/simulator.ts'
import type { Reading } from '../../../devices/source.ts'
import { HOUR_MS } from '../../../domain/calendar.ts'

const NOW_MS = Date.UTC(2026, 10, 30, 2, 20)
const simulator = new Simulator(demoProvince({ seed: '1', startMs: NOW_MS - 3 * HOUR_MS }))

test('the gateways that are chosen show DL/T 645, CJ/T 188 and Modbus', async () => {
  const chosen = meteredGateways(simulator)
  expect(chosen.length).toBeGreaterThan(0)
  expect(meteredGateways(simulator)).toEqual(chosen)
  const meters = chosen.flatMap((id) => simulator.metersOf(id)).map(({ meter }) => `${meter.medium} ${meter.unit}`)
  expect(new Set(meters)).toEqual(new Set(['electricity kWh', 'water m³', 'heat GJ']))
})

test('every register arrives as it was at that instant, after the hours that were missed', async () => {
  for (const id of meteredGateways(simulator)) {
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
