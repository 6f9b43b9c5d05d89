// Makes last year's days of an area those of the members that it has now: an institution that left, came, opened or
// closed since changes what its area will use (docs/rules/dual-control.md#members).

import { DAY_MS, dayStartMs, yearRange } from '../calendar.ts'
import { byMonth, type SubjectMonth } from '../energy/subject-month.ts'
import { DUAL_CONTROL, TOTAL_INDICATORS, type TotalIndicator } from '../indicator.ts'
import { daysIn, fillFromWeeks, firstDayOf, lastYearByDate, sameDateBefore, wholeAmountOn } from './forecast-profile.ts'
import { daysOfTotal, type TotalRow } from './year-days.ts'

/** How a subject's last year differs from what its present members used then. */
export interface SeasonChange {
  /** The first day of the year, 1 January being 0, from which on a closed institution uses nothing. */
  closedFrom?: number
  /** To be added to last year's amount on the date of each day, in the numerator's unit. */
  days?: SeasonDays
}
export type SeasonDays = Record<TotalIndicator, readonly number[]>

export interface Member {
  /** True when the use of the day that begins at `ms` is the subject's. */
  isHere(ms: number): boolean
  /** Of the whole institution, wherever it was: those of the year and of the year before. */
  months: readonly SubjectMonth[]
}

interface Frame {
  year: number
  /** Data before this instant count. */
  endMs: number
}

/**
 * What last year's days of a subject change by when each member counts on the dates on which it is here this year, and
 * no longer on those on which it was here then. `subjectMonths`: the subject's own, whose season a member without a
 * last year takes. Null when nothing changes.
 */
export function seasonDaysOf(
  members: readonly Member[],
  subjectMonths: readonly SubjectMonth[],
  frame: Frame,
): SeasonDays | null {
  const days = eachTotal((indicator) => changeOf(members, subjectMonths, DUAL_CONTROL[indicator], frame))
  return TOTAL_INDICATORS.every((indicator) => days[indicator].every((amount) => amount === 0)) ? null : days
}

const eachTotal = (daysOf: (indicator: TotalIndicator) => readonly number[]): SeasonDays => ({
  energy: daysOf('energy'),
  co2: daysOf('co2'),
  water: daysOf('water'),
})

function changeOf(
  members: readonly Member[],
  subjectMonths: readonly SubjectMonth[],
  row: TotalRow,
  { year, endMs }: Frame,
): number[] {
  const [first, before] = [firstDayOf(year), sameDateBefore(year)]
  const toMs = Math.min(endMs, yearRange(year).toMs)
  const daysBefore = (months: readonly SubjectMonth[]): Float64Array =>
    lastYearByDate(daysOfTotal(byMonth(months), row, { fromYear: year - 1, endMs: toMs }), year)
  const parts = members.map(({ isHere, months }) => {
    const then = new Float64Array(daysIn(year)).map((_, day) => Number(isHere(dayStartMs(before(day) ?? first + day))))
    const change = then.map((wasHere, day) => Number(isHere(dayStartMs(first + day))) - wasHere)
    return { then, change, months, lastYear: daysBefore(months) }
  })
  const stayed = fillFromWeeks(daysBefore(subjectMonths)).map((amount, day) =>
    Math.max(
      0,
      parts.reduce((rest, { then, lastYear }) => rest - (then[day] ?? 0) * (lastYear[day] || 0), amount),
    ),
  )
  const sum = new Array<number>(daysIn(year)).fill(0)
  for (const { change, months, lastYear } of parts) {
    const thisYear = daysOfTotal(byMonth(months), row, { fromYear: year, endMs: toMs })
    const usual = usualDays(lastYear, (day) => wholeAmountOn(thisYear, first + day), stayed)
    for (const [day, times] of change.entries()) if (times !== 0) sum[day] = (sum[day] ?? 0) + times * (usual[day] ?? 0)
  }
  return sum
}

/**
 * A member's use by date: that of last year; where it is not known that of this year; and on the other dates the season
 * of those that stayed, at the member's own level.
 */
function usualDays(lastYear: Float64Array, thisYear: (day: number) => number, stayed: Float64Array): Float64Array {
  const own = lastYear.map((amount, day) => (Number.isNaN(amount) ? thisYear(day) : amount))
  const season = stayed.some((amount) => amount > 0) ? stayed : stayed.map(() => 1)
  let [used, usual] = [0, 0]
  for (const [day, amount] of own.entries()) {
    if (Number.isNaN(amount)) continue
    used += amount
    usual += season[day] ?? 0
  }
  const level = usual > 0 ? used / usual : 0
  return own.map((amount, day) => (Number.isNaN(amount) ? (season[day] ?? 0) * level : amount))
}

/** The sum of the changes of the areas below. */
export function addSeasonDays(parts: readonly SeasonDays[]): SeasonDays | null {
  const [first, ...rest] = parts
  if (!first) return null
  return eachTotal((indicator) =>
    first[indicator].map((amount, day) => rest.reduce((total, part) => total + (part[indicator][day] ?? 0), amount)),
  )
}

/** The day of `year` that begins at an instant, 1 January being 0. */
export const dayOfYear = (ms: number, year: number): number => Math.round((ms - yearRange(year).fromMs) / DAY_MS)
