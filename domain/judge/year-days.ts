// Makes the days of a total, known and expected, from the months of two years: the input of its forecast.

import { DAY_MS, dayOf, dayStartMs, type Month, monthRange, yearOf } from '../calendar.ts'
import { daysIn, daysOfField } from '../energy/day-amounts.ts'
import { resourceHours, type SubjectMonth } from '../energy/subject-month.ts'
import type { DUAL_CONTROL, TotalIndicator } from '../indicator.ts'
import { type DailyAmounts, firstDayOf } from './forecast-profile.ts'

export type TotalRow = (typeof DUAL_CONTROL)[TotalIndicator]

const MISSING = { energy: 'energyMissingKgce', water: 'waterMissingM3' } as const

/** Days from 1 January of `fromYear` to `endMs`, in the numerator's unit; days of months without a record are unknown. */
export function daysOfTotal(
  months: ReadonlyMap<Month, SubjectMonth>,
  row: TotalRow,
  { fromYear, endMs }: { fromYear: number; endMs: number },
): DailyAmounts {
  const firstDay = firstDayOf(fromYear)
  const length = dayOf(endMs - 1) + 1 - firstDay
  const amounts = new Float64Array(length).fill(Number.NaN)
  const known = new Float64Array(length)
  for (const part of months.values()) {
    const place = dayOf(monthRange(part.month).fromMs) - firstDay
    if (place < 0 || place >= length) continue
    const isExpected = resourceHours(part, row.resource).expected > 0
    // Before its opening an institution used nothing this year; of its season last year says nothing then.
    if (!isExpected && yearOf(monthRange(part.month).fromMs) === fromYear) continue
    const own = monthDays(part, row)
    for (const [day, amount] of own.amounts.entries()) {
      if (place + day >= length) break
      amounts[place + day] = amount
      known[place + day] = own.known[day] ?? 0
    }
  }
  const passed = (endMs - dayStartMs(firstDay + length - 1)) / DAY_MS
  known[length - 1] = (known[length - 1] ?? 0) * Math.min(1, passed)
  return { firstDay, amounts, known }
}

interface MonthDays {
  amounts: Float32Array | Float64Array
  known: Float64Array
}

function monthDays(part: SubjectMonth, row: TotalRow): MonthDays {
  const { expected, known: hoursKnown } = resourceHours(part, row.resource)
  const without = row.resource === 'water' ? part.waterHoursWithoutUsual : part.hoursWithoutUsual
  const ofHours = expected > 0 ? Math.max(0, 1 - without / expected) : 1
  const days = daysOfField(part, row.numerator)
  if (!days) {
    const length = daysIn(part.month)
    const share = expected > 0 ? hoursKnown / expected : 1
    return {
      amounts: new Float64Array(length).fill(part[row.numerator] / length),
      known: new Float64Array(length).fill(share),
    }
  }
  // What is missing of CO2 is not kept by day: as much is missing as of energy.
  const measured = daysOfField(part, row.resource === 'water' ? 'waterM3' : 'energyKgce')
  const missing = daysOfField(part, MISSING[row.resource])
  const known = Float64Array.from(days, (_, day) => {
    const amount = Math.max(0, measured?.[day] ?? 0)
    const gone = missing?.[day] ?? 0
    return (amount + gone > 0 ? amount / (amount + gone) : 1) * ofHours
  })
  return { amounts: days, known }
}

/**
 * The days of a year by what is expected in them, for a subject without a year before: the present number of meters
 * is 1, an institution that was not open 0.
 */
export function flatProfile(
  months: ReadonlyMap<Month, SubjectMonth>,
  row: TotalRow,
  { year, endMs, present }: { year: number; endMs: number; present: SubjectMonth },
): Float64Array {
  const firstDay = firstDayOf(year)
  const length = firstDayOf(year + 1) - firstDay
  const profile = new Float64Array(length).fill(1)
  const rateOf = (part: SubjectMonth): number => {
    const { fromMs, toMs } = monthRange(part.month)
    return resourceHours(part, row.resource).expected / (Math.min(toMs, endMs) - fromMs)
  }
  const now = rateOf(present)
  for (const part of months.values()) {
    const place = dayOf(monthRange(part.month).fromMs) - firstDay
    if (place < 0 || place >= length || part.month >= present.month || !(now > 0)) continue
    profile.fill(rateOf(part) / now, place, place + daysIn(part.month))
  }
  return profile
}
