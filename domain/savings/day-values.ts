// Values of consecutive calendar days, and the instants at which such days begin (docs/rules/savings.md#days).

import { DAY_MS } from '../calendar.ts'

/** NaN = not known. Days count from 1970-01-01 in the calendar of the file. */
export interface DayValues {
  firstDay: number
  values: Float64Array
}

/** The value of a day; NaN outside the series. */
export const valueOn = ({ firstDay, values }: DayValues, day: number): number => values[day - firstDay] ?? Number.NaN

/** The day after the last one. */
export const endDayOf = ({ firstDay, values }: DayValues): number => firstDay + values.length

/** A series from values by day; days between without one are NaN. */
export function dayValues(byDay: ReadonlyMap<number, number>): DayValues {
  let firstDay = Number.POSITIVE_INFINITY
  let lastDay = Number.NEGATIVE_INFINITY
  for (const day of byDay.keys()) {
    firstDay = Math.min(firstDay, day)
    lastDay = Math.max(lastDay, day)
  }
  if (byDay.size === 0) return { firstDay: 0, values: new Float64Array(0) }
  const values = new Float64Array(lastDay - firstDay + 1).fill(Number.NaN)
  for (const [day, value] of byDay) values[day - firstDay] = value
  return { firstDay, values }
}

/** When days begin. */
export interface DayCut {
  dayAt(ms: number): number
  startMs(day: number): number
}

/** Days of UTC, or of a clock that is read as if it were UTC. */
export const UTC_DAYS: DayCut = { dayAt: (ms) => Math.floor(ms / DAY_MS), startMs: (day) => day * DAY_MS }

/**
 * Days that begin at local midnight, by the offset in force on each of them, minutes east of UTC. A day without one has
 * that of the day before, and days before the first that of the first; a change of offset makes a day of 23 or 25
 * hours.
 */
export function localDays(offsets: ReadonlyMap<number, number>): DayCut {
  const known = [...offsets].sort(([a], [b]) => a - b)
  const [firstDay, firstOffset] = known[0] ?? [0, 0]
  const lastDay = known.at(-1)?.[0] ?? firstDay
  const starts = new Float64Array(lastDay - firstDay + 1)
  let offset = firstOffset
  for (let day = firstDay; day <= lastDay; day++) {
    offset = offsets.get(day) ?? offset
    starts[day - firstDay] = day * DAY_MS - offset * 60_000
  }
  const lastOffset = offset
  const startMs = (day: number): number => {
    if (day < firstDay) return day * DAY_MS - firstOffset * 60_000
    return starts[day - firstDay] ?? day * DAY_MS - lastOffset * 60_000
  }
  const dayAt = (ms: number): number => {
    let day = Math.floor((ms + firstOffset * 60_000) / DAY_MS)
    while (startMs(day) > ms) day -= 1
    while (startMs(day + 1) <= ms) day += 1
    return day
  }
  return { dayAt, startMs }
}
