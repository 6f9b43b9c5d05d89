// Computes what is due when: the periods that have ended, the report that answers for each, and its last day
// (docs/rules/report.md#deadlines). Days are local dates in UTC+8.

import { addMonths, DAY_MS, type Month } from '../calendar.ts'
import { NATIONAL } from '../standards/co2-factors.ts'
import { type DeadlinePeriod, REPORT_PERIODS, type ReportDeadline } from '../standards/report-deadlines.ts'
import { nearestOn } from '../standards/validity.ts'

export interface DuePeriod {
  period: DeadlinePeriod
  /** `2026-10`, `2026-Q3` or `2025`. */
  label: string
  /** The last month of the period, whose report answers for it. */
  month: Month
  /** The last day on which the report is in time. */
  dueOn: string
  rule: ReportDeadline
}

const MONTHS: Readonly<Record<DeadlinePeriod, number>> = { month: 1, quarter: 3, year: 12 }

/**
 * The latest period of each kind that ended before the local date `on`, for which a deadline holds in the first area of
 * `path` that has one.
 */
export const duePeriods = (rules: readonly ReportDeadline[], path: readonly string[], on: string): DuePeriod[] =>
  REPORT_PERIODS.flatMap((period) => {
    const month = lastMonthOf(period, on)
    const own = rules.filter((one) => one.period === period)
    // A row without an area is of the last one of the path. The row that held when the period ended counts: a later
    // one does not move the day of an earlier period.
    const rule = nearestOn(own, firstDayOf(addMonths(month, 1)), [...path, NATIONAL], {})
    return rule ? [{ period, label: labelOf(period, month), month, dueOn: dueDay(rule, month), rule }] : []
  })

/**
 * The month whose reports of areas are to stand on the local date `on` without anybody asking: the month before, from
 * the `buildDay` of the row that held when it ended. Undefined before that day, and where the row names none.
 */
export function scheduledMonth(
  rules: readonly ReportDeadline[],
  path: readonly string[],
  on: string,
): Month | undefined {
  const due = duePeriods(rules, path, on).find(({ period }) => period === 'month')
  const buildDay = due?.rule.buildDay
  return buildDay !== undefined && Number(on.slice(8)) >= buildDay ? due?.month : undefined
}

/** Days from one local date to another; negative when `to` is earlier. */
export const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS

/** The last month of the latest period that ended before the date. */
function lastMonthOf(period: DeadlinePeriod, on: string): Month {
  const before = addMonths(on.slice(0, 7) as Month, -1)
  const over = Number(before.slice(5)) % MONTHS[period]
  return addMonths(before, -over)
}

function labelOf(period: DeadlinePeriod, month: Month): string {
  const [year, number] = [month.slice(0, 4), Number(month.slice(5))]
  return { month, quarter: `${year}-Q${number / 3}`, year }[period]
}

const firstDayOf = (month: Month): string => `${month}-01`

function dueDay({ monthsAfter, day }: ReportDeadline, last: Month): string {
  const month = addMonths(last, monthsAfter)
  const days = daysBetween(firstDayOf(month), firstDayOf(addMonths(month, 1)))
  return `${month}-${String(Math.min(day, days)).padStart(2, '0')}`
}
