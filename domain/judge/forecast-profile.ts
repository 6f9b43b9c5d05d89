// The season of a forecast: the expected use of each day of a year, from the same dates of the year before, or from
// the mean of other subjects of the kind (docs/rules/dual-control.md#profile). Pure arithmetic on days of UTC+8.

import { DAY_MS, dayOf, yearRange } from '../calendar.ts'

/** Amounts by day from `firstDay` on (`dayOf`); NaN = unknown. */
export interface DailyAmounts {
  firstDay: number
  /** What is known of each day, in any one unit. */
  amounts: ArrayLike<number>
  /** Known share of each day, 0 to 1. Without it a day is known when its amount is a number. */
  known?: ArrayLike<number>
}

/** A day counts for season and level when this share of it is known; it is then scaled up to a whole day. */
const DAY_KNOWN_MIN = 0.5
/** Zeros shorter than a week may be a closed building. */
const ZERO_RUN_DAYS_MIN = 7
const WEEK = 7
/** As a day of the year, 1 January being 0. */
const FEBRUARY_29 = 59

const isLeap = (year: number): boolean => daysIn(year) === 366

/** Days of a calendar year, 365 or 366. */
export const daysIn = (year: number): number => {
  const { fromMs, toMs } = yearRange(year)
  return (toMs - fromMs) / DAY_MS
}

export const firstDayOf = (year: number): number => dayOf(yearRange(year).fromMs)

/** Known share of a day, 0 where the series has none. */
export function knownShareOn({ firstDay, amounts, known }: DailyAmounts, day: number): number {
  const at = day - firstDay
  const amount = at < 0 || at >= amounts.length ? Number.NaN : (amounts[at] ?? Number.NaN)
  if (Number.isNaN(amount)) return 0
  return known ? Math.min(1, Math.max(0, known[at] ?? 0)) : 1
}

/** What is known of a day, as it was measured; 0 where nothing is. */
export const knownAmountOn = (series: DailyAmounts, day: number): number =>
  knownShareOn(series, day) > 0 ? (series.amounts[day - series.firstDay] ?? 0) : 0

/** The amount of the whole day; NaN when less than DAY_KNOWN_MIN of it is known. */
export function wholeAmountOn(series: DailyAmounts, day: number): number {
  const share = knownShareOn(series, day)
  return share < DAY_KNOWN_MIN ? Number.NaN : knownAmountOn(series, day) / share
}

/** For each day of a year the day of the year before with the same date; undefined for 29 February. */
export function sameDateBefore(year: number): (dayOfYear: number) => number | undefined {
  const first = firstDayOf(year - 1)
  const leap = isLeap(year)
  const shift = Number(isLeap(year - 1)) - Number(leap)
  return (dayOfYear) => {
    if (dayOfYear < FEBRUARY_29) return first + dayOfYear
    return leap && dayOfYear === FEBRUARY_29 ? undefined : first + dayOfYear + shift
  }
}

/** Last year's amount on the date of each day of `year`; NaN = unknown. */
export function lastYearByDate(series: DailyAmounts, year: number): Float64Array {
  const before = sameDateBefore(year)
  return new Float64Array(daysIn(year)).map((_, dayOfYear) => {
    const day = before(dayOfYear)
    return day === undefined ? Number.NaN : wholeAmountOn(series, day)
  })
}

/**
 * A run of zeros in last year's days is unknown when this year's same days contradict it: at least a week of them is
 * known, and all of these are above zero. A dead meter is no season (docs/rules/dual-control.md#profile).
 */
export function dropContradictedZeros(lastYear: Float64Array, thisYear: Float64Array): Float64Array {
  const kept = lastYear.slice()
  for (let from = 0; from < kept.length; from++) {
    if (lastYear[from] !== 0) continue
    let to = from
    while (lastYear[to] === 0) to++
    const same = thisYear.subarray(from, to).filter((amount) => !Number.isNaN(amount))
    if (same.length >= ZERO_RUN_DAYS_MIN && same.every((amount) => amount > 0)) kept.fill(Number.NaN, from, to)
    from = to
  }
  return kept
}

/** Fills unknown days with the mean of known days whole weeks away; each week of distance halves the weight. */
export function fillFromWeeks(days: Float64Array): Float64Array {
  const filled = days.slice()
  for (let day = 0; day < days.length; day++) {
    if (!Number.isNaN(days[day])) continue
    let sum = 0
    let weights = 0
    for (let other = day % WEEK; other < days.length; other += WEEK) {
      const amount = days[other] ?? Number.NaN
      if (Number.isNaN(amount)) continue
      const weight = 0.5 ** (Math.abs(other - day) / WEEK)
      sum += weight * amount
      weights += weight
    }
    filled[day] = weights > 0 ? sum / weights : 0
  }
  return filled
}

/** Share of the days that are known. */
export const knownDays = (days: Float64Array): number =>
  days.reduce((sum, amount) => sum + (Number.isNaN(amount) ? 0 : 1), 0) / days.length

/**
 * The mean profile of a kind for `year`: of each subject the share of each day in its last year, then the mean.
 * Undefined when no subject is known on `knownMin` of its days. Leave the subject itself out.
 */
export function meanProfile(
  subjects: readonly DailyAmounts[],
  year: number,
  knownMin: number,
): Float64Array | undefined {
  const mean = new Float64Array(daysIn(year))
  let count = 0
  for (const subject of subjects) {
    const days = lastYearByDate(subject, year)
    if (knownDays(days) < knownMin) continue
    const filled = fillFromWeeks(days)
    const total = filled.reduce((sum, amount) => sum + amount, 0)
    if (!(total > 0)) continue
    for (let day = 0; day < mean.length; day++) mean[day] = (mean[day] ?? 0) + (filled[day] ?? 0) / total
    count += 1
  }
  return count > 0 ? mean.map((share) => share / count) : undefined
}
