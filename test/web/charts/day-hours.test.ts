// The hours behind the daily curve.

import { expect, test } from 'vitest'
import { dayStartMs, HOUR_MS } from '../../../domain/calendar.ts'
import type { SeriesView } from '../../../domain/view/view.ts'
import { dayOfLabel, daysUpTo, hoursOfDay, lastDayWithData } from '../../../web/src/charts/day-hours.ts'

const DAY = dayOfLabel('2026-11-23')

function seriesOf(grain: SeriesView['grain'], points: SeriesView['points']): SeriesView {
  return { meter: 'M-1', grain, unit: 'kWh', fromMs: 0, toMs: 0, points }
}
const hourAt = (hour: number, value: number | null, flag: SeriesView['points'][number]['flag']) => ({
  atMs: dayStartMs(DAY) + hour * HOUR_MS,
  value,
  flag,
})

/** A later day. */
const AFTER = dayStartMs(DAY + 3)

test('a day has 24 hours, and those that the series leaves out are gaps, never 0', () => {
  const { slots, total, hoursKnown } = hoursOfDay(
    seriesOf('hour', [
      hourAt(-1, 99, 'measured'),
      hourAt(0, 1.5, 'measured'),
      hourAt(1, 0, 'measured'),
      hourAt(2, null, 'missing'),
      hourAt(23, 2.5, 'estimated'),
      hourAt(24, 99, 'measured'),
    ]),
    DAY,
    AFTER,
  )
  expect(slots).toHaveLength(24)
  expect(slots[1]).toEqual({ hour: 1, value: 0, flag: 'measured', isToCome: false })
  expect(slots[2]).toEqual({ hour: 2, value: null, flag: 'missing', isToCome: false })
  expect(slots[3]).toEqual({ hour: 3, value: null, flag: null, isToCome: false })
  expect({ total, hoursKnown }).toEqual({ total: 4, hoursKnown: 3 })
})

test('a day of which nothing is known has no total', () => {
  const { total, hoursKnown } = hoursOfDay(seriesOf('hour', [hourAt(5, null, 'missing')]), DAY, AFTER)
  expect({ total, hoursKnown }).toEqual({ total: null, hoursKnown: 0 })
})

test('hours of the running day that are not over are to come, not missing', () => {
  const { slots, hoursOver } = hoursOfDay(seriesOf('hour', []), DAY, dayStartMs(DAY) + 9.5 * HOUR_MS)
  expect(hoursOver).toBe(9)
  expect(slots.map(({ isToCome }) => isToCome).indexOf(true)).toBe(9)
  expect(hoursOfDay(seriesOf('hour', []), DAY, dayStartMs(DAY) - 1).hoursOver).toBe(0)
})

test('the last day with data is found among days that are gaps', () => {
  const series = seriesOf('day', [
    { atMs: dayStartMs(DAY - 2), value: 10 },
    { atMs: dayStartMs(DAY - 1), value: 0 },
    { atMs: dayStartMs(DAY), value: null },
  ])
  const days = daysUpTo(series, DAY, 4)
  expect(days.map(({ value }) => value)).toEqual([null, 10, 0, null])
  expect(lastDayWithData(days)).toBe(DAY - 1)
  expect(lastDayWithData(daysUpTo(seriesOf('day', []), DAY, 4))).toBeUndefined()
})
