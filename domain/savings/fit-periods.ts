// Which days are baseline and which are reporting when a user names only some of them (docs/rules/savings.md#periods).

import { type DayValues, endDayOf, valueOn } from './day-values.ts'
import type { FitPeriods } from './fit-meter.ts'
import { BASELINE_DAYS } from './sufficiency.ts'

export interface AskedPeriods {
  /** The day after the baseline. */
  baselineEndDay?: number
  /** The first day of the reporting period. */
  reportingStartDay?: number
  reportingDays?: number
}

/** A reporting period has at most as many days as a baseline unless a number is named. */
const REPORTING_DAYS = BASELINE_DAYS

/** Periods for a series of use. Undefined when the reporting period would begin before the baseline ends. */
export function fitPeriods(use: DayValues, asked: AskedPeriods): FitPeriods | undefined {
  const endDay = lastKnownDay(use) + 1
  const { reportingStartDay, reportingDays } = asked
  const baselineEndDay = asked.baselineEndDay ?? reportingStartDay ?? endDay - (reportingDays ?? 0)
  if (reportingStartDay !== undefined && reportingStartDay < baselineEndDay) return undefined
  const firstDay = reportingStartDay ?? firstKnownDay(use, baselineEndDay)
  const lastEndDay = Math.min(firstDay + (reportingDays ?? REPORTING_DAYS), endDay)
  return { baselineEndDay, ...(lastEndDay > firstDay && { reporting: { firstDay, endDay: lastEndDay } }) }
}

function lastKnownDay(use: DayValues): number {
  let day = endDayOf(use) - 1
  while (day > use.firstDay && Number.isNaN(valueOn(use, day))) day -= 1
  return day
}

/** An intervention without readings is part of neither period. */
function firstKnownDay(use: DayValues, from: number): number {
  let day = from
  while (day < endDayOf(use) && Number.isNaN(valueOn(use, day))) day += 1
  return day
}
