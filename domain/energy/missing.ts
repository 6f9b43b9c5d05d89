// Estimates what was probably used in hours that are unknown. The estimate is never part of an amount; it only weighs
// how much of a figure is unknown (docs/rules/data.md#known-share).

import { addMonths, HOUR_MS, type Month, monthRange } from '../calendar.ts'
import { type Bill, billedAmount } from './bill.ts'

/** Where an estimate comes from: the same days of last year, or the mean of the known time of the year before. */
export type UsualBasis = 'lastYear' | 'ownProfile'
export interface Usual {
  basis: UsualBasis
  /** Amount per hour, by day of the span; or the same on every day. */
  perHour: number | Float64Array
}

/** What is missing of a meter or bill in a span. */
export interface Missing {
  /** Probable amount, at least 0, in the medium's unit. */
  amount: number
  /** By day of the span; null when the amount lies evenly over it. */
  days: Float64Array | null
  /** Unknown hours without an estimate. */
  hoursWithoutUsual: number
}
export const NOTHING_MISSING: Missing = { amount: 0, days: null, hoursWithoutUsual: 0 }

/** Sums of a meter by day of a span; 0 where nothing is known. */
export interface DaySums {
  amounts: Float64Array
  hoursKnown: Uint8Array
}

/**
 * What is missing of a read meter. `expected`: hours of each day of the span. Without `usual` the mean of the known
 * hours of the span stands for the others.
 */
export function missingOf(
  known: { amount: number; hoursKnown: number; days?: DaySums | undefined },
  expected: Float64Array,
  usual: Usual | undefined,
): Missing {
  const hours = expected.reduce((sum, own) => sum + own, 0)
  const unknown = hours - known.hoursKnown
  if (unknown <= 0) return NOTHING_MISSING
  if (!usual && known.hoursKnown <= 0) return { ...NOTHING_MISSING, hoursWithoutUsual: unknown }
  const perHour = usual?.perHour ?? known.amount / known.hoursKnown
  if (!known.days) return { amount: Math.max(0, meanOf(perHour)) * unknown, days: null, hoursWithoutUsual: 0 }
  const days = new Float64Array(expected.length)
  let amount = 0
  for (const [day, own] of expected.entries()) {
    const rate = typeof perHour === 'number' ? perHour : (perHour[day] ?? 0)
    days[day] = Math.max(0, rate) * Math.max(0, own - (known.days.hoursKnown[day] ?? 0))
    amount += days[day] ?? 0
  }
  return { amount, days, hoursWithoutUsual: 0 }
}

const meanOf = (perHour: number | Float64Array): number =>
  typeof perHour === 'number' ? perHour : perHour.reduce((sum, one) => sum + one, 0) / (perHour.length || 1)

/** Months before a month whose bills say what is usual. */
const BILLED_MONTHS = 12

/** What bills of the year before say about a month without a bill; undefined when there is none. */
export function usualBill(bills: readonly Bill[], month: Month): Usual | undefined {
  const first = addMonths(month, -BILLED_MONTHS)
  const earlier = bills.filter((bill) => bill.month >= first && bill.month < month)
  const sameMonth = earlier.filter((bill) => bill.month === first)
  const chosen = sameMonth.length > 0 ? sameMonth : earlier
  if (chosen.length === 0) return undefined
  const amount = chosen.reduce((sum, bill) => sum + (billedAmount(bill) ?? 0), 0)
  const hours = [...new Set(chosen.map((bill) => bill.month))].reduce((sum, own) => sum + hoursOf(own), 0)
  return { basis: sameMonth.length > 0 ? 'lastYear' : 'ownProfile', perHour: amount / hours }
}

/** Months of the year in which no city heats (docs/rules/data.md#known-share). */
const UNHEATED = { first: 5, last: 9 }

/** Whether bills began less than a year before a month, and one of them is of a month in which nobody heats. */
export function isBilledAllYear(bills: readonly Bill[], month: Month): boolean {
  const first = addMonths(month, -BILLED_MONTHS)
  const earlier = bills.filter((bill) => bill.month < month)
  const monthOfYear = (one: Month): number => Number(one.slice(5))
  const isUnheated = (one: Month): boolean => monthOfYear(one) >= UNHEATED.first && monthOfYear(one) <= UNHEATED.last
  return earlier.every((bill) => bill.month > first) && earlier.some((bill) => isUnheated(bill.month))
}

const hoursOf = (month: Month): number => {
  const { fromMs, toMs } = monthRange(month)
  return (toMs - fromMs) / HOUR_MS
}
