// Amounts of a subject that a report compares: of the month, against the month before (环比) and the same month of last
// year (同比), and of the year so far against last year's. An amount of which too little is known is null.

import { addMonths, dayLabel, dayOf, type Month, monthRange, monthsThrough } from '../calendar.ts'
import { COSTS, type Cost } from '../energy/cost.ts'
import { cutMonth, type SubjectMonth, sumOfMonths } from '../energy/subject-month.ts'
import { DUAL_CONTROL, type IndicatorRow } from '../indicator.ts'
import { isTooLittle, type KnownShareLimits, knownShareLimits, knownShareOf } from '../judge/known-share.ts'
import { keysOf } from '../table.ts'
import { changeOf } from './column.ts'

/** What is summed: an amount of a month's record, and the indicator whose known share holds for it. */
export interface Amount {
  of: (part: SubjectMonth) => number | null
  row: IndicatorRow
}
export const AMOUNTS = {
  energyKgce: { of: (part) => part.energyKgce, row: DUAL_CONTROL.energy },
  waterM3: { of: (part) => part.waterM3, row: DUAL_CONTROL.water },
  co2Kg: { of: (part) => part.co2Kg, row: DUAL_CONTROL.co2 },
  electricityKwh: { of: (part) => part.electricityKwh, row: DUAL_CONTROL.energy },
  costYuan: { of: (part) => part.costYuan, row: DUAL_CONTROL.energy },
} as const satisfies Record<string, Amount>

/** What is paid for: water's cost is known as its amount is, the others as energy. */
export const COST_AMOUNTS = Object.fromEntries(
  keysOf(COSTS).map((cost): [Cost, Amount] => {
    const { field } = COSTS[cost]
    return [cost, { of: (part) => part[field], row: cost === 'water' ? DUAL_CONTROL.water : DUAL_CONTROL.energy }]
  }),
) as Record<Cost, Amount>

export interface Compared {
  month: number | null
  /** month / month before − 1. */
  onMonth: number | null
  /** month / same month of last year − 1. */
  onYear: number | null
  toDate: number | null
  /** Year to date / last year's to the same date − 1. */
  toDateOnYear: number | null
}

/** The records that are compared; null where a month has none. */
export interface Periods {
  month: SubjectMonth | null
  monthBefore: SubjectMonth | null
  lastYear: SubjectMonth | null
  toDate: SubjectMonth | null
  toDateLastYear: SubjectMonth | null
  limits: KnownShareLimits
}

/** Earlier months are cut after as many days as have passed of a month that runs (`asOfMs` within it). */
export function periodsOf(
  months: ReadonlyMap<Month, SubjectMonth>,
  { month, asOfMs }: { month: Month; asOfMs: number },
): Periods {
  const passedMs = asOfMs - monthRange(month).fromMs
  const lastYear = addMonths(month, -12)
  return {
    month: months.get(month) ?? null,
    monthBefore: cutTo(months.get(addMonths(month, -1)), passedMs),
    lastYear: cutTo(months.get(lastYear), passedMs),
    toDate: sumTo(months, month, passedMs),
    toDateLastYear: sumTo(months, lastYear, passedMs),
    limits: knownShareLimits(dayLabel(dayOf(asOfMs - 1))),
  }
}

export function comparedOf(periods: Periods, amount: Amount): Compared {
  const of = (part: SubjectMonth | null): number | null => amountIn(part, amount, periods.limits)
  const [month, toDate] = [of(periods.month), of(periods.toDate)]
  return {
    month,
    onMonth: changeOf(month, of(periods.monthBefore)),
    onYear: changeOf(month, of(periods.lastYear)),
    toDate,
    toDateOnYear: changeOf(toDate, of(periods.toDateLastYear)),
  }
}

export function amountIn(part: SubjectMonth | null, { of, row }: Amount, limits: KnownShareLimits): number | null {
  if (!part) return null
  const share = knownShareOf(part, row)
  return share === null || isTooLittle(share, limits) ? null : of(part)
}

function cutTo(part: SubjectMonth | undefined, passedMs: number): SubjectMonth | null {
  if (!part) return null
  const { fromMs, toMs } = monthRange(part.month)
  return fromMs + passedMs < toMs ? cutMonth(part, { toMs: fromMs + passedMs }) : part
}

/** January to `month`, the last one as far as it has passed; null when one has no record. */
function sumTo(months: ReadonlyMap<Month, SubjectMonth>, month: Month, passedMs: number): SubjectMonth | null {
  const parts: SubjectMonth[] = []
  for (const one of monthsThrough(`${month.slice(0, 4)}-01` as Month, month)) {
    const part = one === month ? cutTo(months.get(one), passedMs) : months.get(one)
    if (!part) return null
    parts.push(part)
  }
  return sumOfMonths(parts, monthRange(month).fromMs + passedMs)
}
