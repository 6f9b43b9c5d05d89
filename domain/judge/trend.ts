// Follows the totals of dual control through a year, month by month, beside the year before, and compares like with
// like: a month that is not over with the same days of the month before and of last year
// (docs/rules/dual-control.md#trend).

import { addMonths, dayLabel, dayOf, type Month, monthRange } from '../calendar.ts'
import { byMonth, cutMonth, type SubjectMonth, sumOfMonths } from '../energy/subject-month.ts'
import { DUAL_CONTROL } from '../indicator.ts'
import { numeratorOf } from './indicator-value.ts'
import { isTooLittle, type KnownShareLimits, knownShareLimits, knownShareOf } from './known-share.ts'

export const TREND_INDICATORS = ['energy', 'water', 'co2'] as const
type TrendIndicator = (typeof TREND_INDICATORS)[number]

/** An amount in the unit of the indicator; null where too little is known to judge it. */
export interface TrendFigure {
  value: number | null
  /** 0 to 1; null when nothing is expected. */
  knownShare: number | null
}

/** A figure beside an earlier one. `change`: (value − before) ÷ before; null unless both are known. */
export interface TrendChange extends TrendFigure {
  before: number | null
  change: number | null
}

export interface TrendMonth extends TrendFigure {
  month: Month
  /** Sum of the year up to this month; null from the first month on that is not known. */
  cumulative: number | null
  /** The same month of the year before, whole. */
  yearBefore: number | null
}

export interface Trend {
  indicator: TrendIndicator
  unit: string
  /** The year's months up to the one asked for. */
  months: TrendMonth[]
  /** The month asked for against the same days of the year before (同比), and of the month before (环比). */
  overYear: TrendChange
  overMonth: TrendChange
  /** The year up to the month asked for against the same days of the year before. */
  yearToDate: TrendChange
}

/** `months`: of two calendar years. `asOfMs`: data up to then were counted. */
export function trendsOf(
  months: readonly SubjectMonth[],
  { month, asOfMs }: { month: Month; asOfMs: number },
): Trend[] {
  const all = byMonth(months)
  const limits = knownShareLimits(dayLabel(dayOf(asOfMs - 1)))
  return TREND_INDICATORS.map((indicator) => trendOf(indicator, { all, month, asOfMs, limits }))
}

interface Asked {
  all: ReadonlyMap<Month, SubjectMonth>
  month: Month
  asOfMs: number
  limits: KnownShareLimits
}

function trendOf(indicator: TrendIndicator, { all, month, asOfMs, limits }: Asked): Trend {
  const row = DUAL_CONTROL[indicator]
  const figure = (part: SubjectMonth | undefined): TrendFigure => {
    const knownShare = part ? knownShareOf(part, row) : null
    const isKnown = part !== undefined && !isTooLittle(knownShare, limits)
    // Months of which nothing is expected are known by their bills alone.
    const amount = isKnown ? numeratorOf(part, row) / row.per : 0
    return { value: isKnown && (knownShare !== null || amount > 0) ? amount : null, knownShare }
  }
  const { fromMs, toMs } = monthRange(month)
  const elapsedMs = Math.min(asOfMs, toMs) - fromMs
  const isWhole = asOfMs >= toMs
  /** The month from its first day, as far into it as the month asked for has come. */
  const sameDays = (other: Month): SubjectMonth | undefined => {
    const part = all.get(other)
    const range = monthRange(other)
    return part && !isWhole ? cutMonth(part, { toMs: Math.min(range.toMs, range.fromMs + elapsedMs) }) : part
  }
  const year = monthsBefore(month)
  const ofYear = (last: (at: Month) => SubjectMonth | undefined, back: number): SubjectMonth | undefined => {
    const parts = year.map((own) => {
      const at = addMonths(own, -back)
      return own === month ? last(at) : all.get(at)
    })
    const known = parts.filter((part) => part !== undefined)
    return known.length === year.length ? sumOfMonths(known, asOfMs) : undefined
  }
  const own = figure(all.get(month))
  let cumulative: number | null = 0
  return {
    indicator,
    unit: row.unit,
    months: year.map((at) => {
      const one = figure(all.get(at))
      cumulative = cumulative === null || one.value === null ? null : cumulative + one.value
      return { month: at, ...one, cumulative, yearBefore: figure(all.get(addMonths(at, -12))).value }
    }),
    overYear: changeOf(own, figure(sameDays(addMonths(month, -12)))),
    overMonth: changeOf(own, figure(sameDays(addMonths(month, -1)))),
    yearToDate: changeOf(figure(ofYear((at) => all.get(at), 0)), figure(ofYear(sameDays, 12))),
  }
}

/** The months of the calendar year up to `month`. */
const monthsBefore = (month: Month): Month[] =>
  Array.from({ length: Number(month.slice(5)) }, (_, index) => addMonths(month, index + 1 - Number(month.slice(5))))

const changeOf = (now: TrendFigure, { value: before }: TrendFigure): TrendChange => ({
  ...now,
  before,
  change: now.value === null || before === null || before === 0 ? null : (now.value - before) / before,
})
