// When the work of a schedule is due.

import { expect, test } from 'vitest'
import { DAY_MS, dayStartMs, HOUR_MS, MINUTE_MS } from '../../../domain/calendar.ts'
import { dailyDueMs, isDue } from '../../../functions/state/due.ts'
import { schedules } from '../../../functions/triggers.ts'

const MIDNIGHT = dayStartMs(20_000)

test.each([
  { name: 'just done', ago: 0, want: false },
  { name: 'a minute too early', ago: 4, want: false },
  { name: 'after the interval', ago: 5, want: true },
  { name: 'the clock went back', ago: -1, want: true },
])('silence, $name: $want', ({ ago, want }) => {
  expect(isDue(schedules.silence, { lastMs: MIDNIGHT - ago * MINUTE_MS, nowMs: MIDNIGHT })).toBe(want)
})

test('areas are looked at from 05:15 on, spread over two hours', () => {
  const areas = Array.from({ length: 200 }, (_, index) => String(130_100 + index))
  const minutes = areas.map(
    (area) => (dailyDueMs(schedules.dailyAlerts, { area, nowMs: MIDNIGHT + 12 * HOUR_MS }) - MIDNIGHT) / MINUTE_MS,
  )
  expect(Math.min(...minutes)).toBeGreaterThanOrEqual(5 * 60 + 15)
  expect(Math.max(...minutes)).toBeLessThan(7 * 60 + 15)
  expect(new Set(minutes).size).toBeGreaterThan(60)
})

test('before that time it is yesterday’s look that was due last', () => {
  const [morning, noon] = [5, 12].map((hour) =>
    dailyDueMs(schedules.dailyAlerts, { area: '130102', nowMs: MIDNIGHT + hour * HOUR_MS }),
  )
  expect(noon - morning).toBe(DAY_MS)
})

test('list rows are due with the day', () => {
  expect(dailyDueMs(schedules.listRows, { area: '130102', nowMs: MIDNIGHT })).toBe(MIDNIGHT)
  expect(dailyDueMs(schedules.listRows, { area: '130102', nowMs: MIDNIGHT - 1 })).toBe(MIDNIGHT - DAY_MS)
})
