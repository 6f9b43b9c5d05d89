// Readings of the contract's hospital from before the demo's meters begin: its baseline is older than the demo's
// history. One register reading a day and meter (日冻结), which go on into the history without a step.

import { dayOf, dayStartMs } from '../../domain/calendar.ts'
import { createClimate } from './load-profile.ts'
import type { DemoProvince } from './province.ts'
import { SimulatedMeter } from './simulated-meter.ts'
import type { HistoryMessage } from './simulator.ts'

/** Readings of a message. */
const READINGS_MAX = 1000

/** Nothing where the history begins with the baseline or before it. */
export function* contractHistory(demo: DemoProvince): Generator<HistoryMessage> {
  const { institution, baselineFromDay } = demo.contract
  const originDay = dayOf(demo.originMs)
  if (baselineFromDay >= originDay) return
  const climate = createClimate(demo.seed, baselineFromDay, originDay)
  for (const load of demo.loads.values()) {
    const { meter, startSteps } = load
    if (meter.institution !== institution.id) continue
    const before = new SimulatedMeter({ ...load, meter: { ...meter, digits: undefined }, startSteps: 0 }, climate)
    const whole = before.stepsAt(demo.originMs)
    const readings = Array.from({ length: originDay - baselineFromDay }, (_, index) => {
      const at = dayStartMs(baselineFromDay + index)
      return { meter: meter.id, at, value: (startSteps - whole + before.stepsAt(at)) / 10 ** before.decimals }
    })
    for (let first = 0; first < readings.length; first += READINGS_MAX) {
      const part = readings.slice(first, first + READINGS_MAX)
      const payload = JSON.stringify({ v: 1, readings: part })
      yield { gateway: meter.gateway, payload, readings: part.length, lastMs: part.at(-1)?.at ?? 0 }
    }
  }
}
