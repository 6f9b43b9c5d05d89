// Faults of the field in settled totals: units and exchanges that nobody registered.

import { expect, test } from 'vitest'
import { settleCase } from '../../../domain/settle/case.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 10, 9, 17)
function settled(meter: object, values: readonly number[]) {
  const found = settleCase({
    id: 'field',
    meter: { unit: 'kWh', resolution: 0.01, multiplier: 1, intervalMinutes: 60, ...meter },
    readings: values.map((value, hour) => [START_MS + hour * HOUR_MS, value]),
    events: [],
  })
  if ('error' in found) throw new Error(found.error)
  return found
}
const times = (count: number, amount: number): number[] => new Array<number>(count).fill(amount)
/** Two up each hour, five down from 8 to 14 of each day. */
const net = (count: number): number[] => {
  const values = [50_000]
  for (let hour = 0; hour < count; hour++)
    values.push((values.at(-1) ?? 0) + (hour % 24 >= 8 && hour % 24 < 14 ? -5 : 2))
  return values
}

test.each([
  { name: 'small amounts in Wh are unknown', values: [...times(100, 0.2), ...times(40, 200)], total: 20 },
  { name: 'a small use that grows 500-fold is a use', values: [...times(100, 0.2), ...times(40, 100)], total: 4020 },
])('an interval meter: $name', ({ values, total }) => {
  expect(settled({ kind: 'interval', stamp: 'end' }, values).total).toBeCloseTo(total, 6)
})

test.each([
  { name: 'an exchange to a lower register', change: (value: number, at: number) => value - at + 3 },
  { name: 'a register that goes on in Wh', change: (value: number) => value * 1000 },
])('a register that runs both ways: $name is no amount', ({ change }) => {
  const values = net(48)
  const spoilt = values.map((value, hour) => (hour < 30 ? value : change(value, values[30] ?? 0)))
  const hours = settled({ direction: 'bidirectional' }, spoilt).hours.filter(([, kwh]) => kwh === null)
  expect(hours).toEqual([[START_MS + 29 * HOUR_MS, null, 'doubtful']])
})
