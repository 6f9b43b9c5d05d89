// Sums what the counted meters of one medium measured, by hour, day or month, beside the same period a year before
// (docs/rules/energy-and-carbon.md#periods). Bills have no days and are left out. Pure: amounts are given.

import { DAY_MS, dayLabel, dayOf, dayStartMs, HOUR_MS } from '../calendar.ts'
import { metersOn } from '../registry/dated.ts'
import type { Meter } from '../registry/records.ts'
import { mainMeters, outermostOf } from './supply.ts'

/** A sum with the meter hours that it knows, of those expected. */
export interface PeriodSum {
  /** Null where no hour is known. */
  value: number | null
  hoursKnown: number
  hoursExpected: number
}
export interface PeriodPoint extends PeriodSum {
  /** Start of the hour, day or month. */
  atMs: number
  /** The same hour, day or month a year before; null where the calendar has none (29 February). */
  before: PeriodSum | null
}

/** One meter with its sign: main meters add, excluded ones subtract. */
export interface SignedMeter {
  id: string
  factor: 1 | -1
}

/** The meters that count for a medium at an instant. Offline ones have no hours. */
export function countedMeters(meters: readonly Meter[], ms: number): SignedMeter[] {
  const own = metersOn(meters, ms)
  const read = (side: readonly Meter[], factor: 1 | -1): SignedMeter[] =>
    side.flatMap(({ id, kind }) => (kind === 'offline' ? [] : [{ id, factor }]))
  return [...read(mainMeters(own), 1), ...read(outermostOf(own, 'exclude'), -1)]
}

/** The same local date a year before, as a day; undefined for 29 February. */
export function dayYearBefore(day: number): number | undefined {
  const [year = '', ...rest] = dayLabel(day).split('-')
  const text = [String(Number(year) - 1).padStart(4, '0'), ...rest].join('-')
  const found = Date.parse(text) / DAY_MS
  return Number.isFinite(found) && dayLabel(found) === text ? found : undefined
}

export const addedSums = (sums: readonly PeriodSum[]): PeriodSum => ({
  value: sums.every(({ value }) => value === null) ? null : sums.reduce((total, { value }) => total + (value ?? 0), 0),
  hoursKnown: sums.reduce((total, { hoursKnown }) => total + hoursKnown, 0),
  hoursExpected: sums.reduce((total, { hoursExpected }) => total + hoursExpected, 0),
})

/** Amount and known hours of a meter on a day. */
type OnDay = (meter: string, day: number) => { amount: number; hoursKnown: number } | undefined

/** Sums of days, each over the meters that count on that day, of its hours that are over. */
export function meteredDay(
  meters: readonly SignedMeter[],
  day: number,
  { onDay, nowMs }: { onDay: OnDay; nowMs: number },
) {
  const hours = Math.min(24, Math.max(0, Math.floor((nowMs - dayStartMs(day)) / HOUR_MS)))
  return addedSums([
    { value: null, hoursKnown: 0, hoursExpected: 0 },
    ...meters.map(({ id, factor }) => {
      const { amount = 0, hoursKnown = 0 } = onDay(id, day) ?? {}
      return { value: hoursKnown > 0 ? factor * amount : null, hoursKnown, hoursExpected: hours }
    }),
  ])
}

/**
 * How much more was used than a year before, over the points that are wholly known in both years: a share; null when
 * there is none. `compared`: their number.
 */
export function changeOverYear(points: readonly PeriodPoint[]): { change: number | null; compared: number } {
  const isWhole = (sum: PeriodSum | null): sum is PeriodSum & { value: number } =>
    sum !== null && sum.value !== null && sum.hoursExpected > 0 && sum.hoursKnown >= sum.hoursExpected
  const both = points.flatMap(({ before, ...now }) => (isWhole(now) && isWhole(before) ? [{ now, before }] : []))
  const before = both.reduce((total, one) => total + one.before.value, 0)
  const now = both.reduce((total, one) => total + one.now.value, 0)
  return { change: before > 0 ? now / before - 1 : null, compared: both.length }
}

/** Number of the day that a local date `YYYY-MM-DD` names. */
export const dayOfDate = (date: string): number => dayOf(Date.parse(`${date}T00:00:00+08:00`))
