// Judges dual control (能源消费总量和强度双控) of an institution or area: totals against the year's cap, and separately
// intensities against the year's target (docs/rules/dual-control.md#totals-and-intensities-apart). Caps may lie above
// the base year's result, as those of 2025 do, while intensities must fall; so no rule here infers one from the other.

import { dayLabel, dayOf, type Month, monthRange, yearOf, yearRange } from '../calendar.ts'
import { factorMonthOf } from '../energy/factor-change.ts'
import {
  byMonth,
  resourceHours,
  rollingYearsOf,
  type SubjectMonth,
  type SubjectYear,
  sumOfMonths,
} from '../energy/subject-month.ts'
import {
  DUAL_CONTROL,
  INDICATORS,
  INTENSITY_INDICATORS,
  type Indicator,
  type IntensityIndicator,
  isTotal,
  type ResourceKind,
  TOTAL_INDICATORS,
  type TotalIndicator,
} from '../indicator.ts'
import type { Target } from '../registry/records.ts'
import { columnOf } from '../table.ts'
import { chanceOfExceeding, type DayForecast, forecastYear } from './forecast.ts'
import { fillFromWeeks, knownDays, lastYearByDate } from './forecast-profile.ts'
import { statusOfChance } from './forecast-status.ts'
import { fuelLeftOut } from './indicator-value.ts'
import { type KnownShareLimits, knownFigure, knownShareLimits, knownShareOf } from './known-share.ts'
import { type DualControl, type FORECAST_BASES, type IndicatorStatus, STATUSES, type VERDICTS } from './result.ts'
import type { SeasonChange } from './season-change.ts'
import { targetFor, targetValue } from './target-value.ts'
import { daysOfTotal, flatProfile, type TotalRow } from './year-days.ts'

export type Status = (typeof STATUSES)[number]
export type Verdict = (typeof VERDICTS)[number]
export type ForecastBasis = (typeof FORECAST_BASES)[number]

/**
 * Limits of forecast / target: green up to ON_TRACK_RATIO_MAX, orange up to AT_RISK_RATIO_MAX, red beyond
 * (docs/rules/dual-control.md#status).
 */
export const ON_TRACK_RATIO_MAX = 0.95
export const AT_RISK_RATIO_MAX = 1
/** Relative tolerance for floating point: a forecast equal to a threshold meets it. */
const RATIO_SLACK = 1e-9

/** A month's total in the indicator's unit. */
const amountIn = (part: SubjectMonth, { numerator, per }: TotalRow): number => part[numerator] / per

export interface JudgeInput {
  /** Institution id or area code. */
  subject: string
  month: Month
  /** Data before this instant count; at most up to the end of `month`. */
  asOfMs: number
  /** In any order; those of this year and of the year before are used. The current month as of `asOfMs`. */
  months: readonly SubjectMonth[]
  /** The targets of this subject. */
  targets: readonly Target[]
  /** The surrounding area's months of last year, for a subject without a whole one of its own. */
  areaMonths?: readonly SubjectMonth[]
  /** Totals without a target get no forecast. */
  onlyTargets?: boolean
  /** How last year's days differ from those of the present members. */
  season?: SeasonChange
  /** Days that differ from Monday to Friday. */
  calendar?: ReadonlyMap<number, 'workday' | 'holiday'>
  coefficientSet: string
  co2Factor: string
  /** The months by the factors of each target's month, where these differ from the factors in force. */
  onFactors?: ReadonlyMap<Month, { months: readonly SubjectMonth[]; co2Factor: string }>
}

/**
 * Judges one subject for one month. Totals: year to date, and the forecast of the whole year. Intensities: the 12
 * months that end at `asOfMs`. A figure of which too little is known has no value, no status and a reason
 * (docs/rules/data.md#known-share). `coverage`: known share of the year to date, the worse of energy and water; a month
 * without a record counts as unknown. Throws RangeError when `asOfMs` is not after the month's start.
 */
export function judge(input: JudgeInput): DualControl {
  const { fromMs, toMs } = monthRange(input.month)
  if (input.asOfMs <= fromMs)
    throw new RangeError(`cannot judge ${input.month} as of ${new Date(input.asOfMs).toISOString()}`)
  const scope = scopeOf(input, fromMs, Math.min(input.asOfMs, toMs))

  const indicators = INDICATORS.map((indicator) => against(scope, indicator, figureOf(scope, indicator)))
  const coverage = worst([scope.shareToDate.energy, scope.shareToDate.water])
  return {
    subject: input.subject,
    month: input.month,
    asOfMs: scope.endMs,
    indicators,
    status: STATUSES.findLast((status) => indicators.some((row) => row.status === status)) ?? null,
    verdict: verdictOf(indicators),
    coverage,
    provisional:
      (coverage ?? 0) < scope.limits.sureFrom ||
      indicators.some(({ provisional, reason, lowerBound }) => provisional || reason === 'unknownTime' || lowerBound),
    coefficientSet: input.coefficientSet,
    co2Factor: input.co2Factor,
  }
}

/** Fall against a base value in percent; negative for a rise. */
export const fallPct = (baseValue: number, value: number): number => (1 - value / baseValue) * 100

/** Green, orange or red by forecast / target; equality meets the threshold. */
export function statusOf(ratio: number): Status {
  if (ratio <= ON_TRACK_RATIO_MAX + RATIO_SLACK) return 'onTrack'
  return ratio <= AT_RISK_RATIO_MAX + RATIO_SLACK ? 'atRisk' : 'over'
}

/** The input, plus values that every indicator needs, computed once: a province judges 30,000 subjects at a time. */
interface Scope extends JudgeInput {
  endMs: number
  year: number
  limits: KnownShareLimits
  rolling: Record<ResourceKind, SubjectYear | null>
  /** The sum of the records from January to `month`; null when there is none. */
  toDate: SubjectYear | null
  /** Known share of the year to date. */
  shareToDate: Record<ResourceKind, number | null>
  byMonth: ReadonlyMap<Month, SubjectMonth>
}

const RESOURCES = { energy: DUAL_CONTROL.energy, water: DUAL_CONTROL.water } as const

function scopeOf(input: JudgeInput, fromMs: number, endMs: number): Scope {
  const year = yearOf(fromMs)
  const months = byMonth(input.months)
  const begun = monthsOf(year).filter((month) => monthRange(month).fromMs < endMs)
  const records = begun.flatMap((month) => months.get(month) ?? [])
  const recordedMs = records.reduce((sum, { month }) => {
    const range = monthRange(month)
    return sum + Math.min(range.toMs, endMs) - range.fromMs
  }, 0)
  const toDate = records.length > 0 ? sumOfMonths(records, endMs) : null
  const recorded = recordedMs / (endMs - yearRange(year).fromMs)
  const limits = knownShareLimits(dayLabel(dayOf(endMs - 1)))
  return {
    ...input,
    endMs,
    year,
    limits,
    rolling: rollingYearsOf(input.months, endMs),
    toDate,
    shareToDate: columnOf(RESOURCES, (row) => {
      const share = toDate && knownShareOf(toDate, row)
      return share === null ? null : share * recorded
    }),
    byMonth: months,
  }
}

const figureOf = (scope: Scope, indicator: Indicator): Found =>
  isTotal(indicator) ? totalOf(scope, indicator) : intensityOf(scope, indicator)

function totalOf(scope: Scope, indicator: TotalIndicator): Found {
  const row = DUAL_CONTROL[indicator]
  const { toDate, limits } = scope
  const share = scope.shareToDate[row.resource]
  const isRead = toDate !== null && resourceHours(toDate, row.resource).known > 0
  const figure = knownFigure(isRead ? amountIn(toDate, row) : null, { share, why: null, limits })
  const isAsked = !scope.onlyTargets || targetFor(scope.targets, indicator, scope.year) !== undefined
  const found = figure.actual === null || !isAsked ? null : forecastOf(scope, indicator)
  const shown = forecastShown(found, row)
  // A finished year that is known whole is its own forecast, to the last bit.
  if (found?.shownBasis === 'complete' && share === 1) shown.forecast = figure.actual
  return { ...figure, ...shown, isLowerBound: isRead && fuelLeftOut(toDate, row) > 0 }
}

/** The forecast of the year in the numerator's unit; null where too little is known for one. */
function forecastOf(scope: Scope, indicator: TotalIndicator): (DayForecast & { shownBasis: ForecastBasis }) | null {
  const { year, endMs, month, calendar, season } = scope
  const row = DUAL_CONTROL[indicator]
  const own = {
    ...{ year, asOfDay: dayOf(endMs), ...(calendar && { calendar }) },
    ...(season?.days && { seasonDays: season.days[indicator] }),
    ...(season?.closedFrom !== undefined && { closedFrom: season.closedFrom }),
    days: daysOfTotal(scope.byMonth, row, { fromYear: year - 1, endMs }),
  }
  const found = forecastYear(own)
  if (found.basis !== null) return { ...found, shownBasis: found.basis === 'complete' ? 'complete' : 'ownProfile' }
  const area = areaProfile(scope, row)
  const present = scope.byMonth.get(month)
  if (found.reason !== 'noProfile' || !present) return null
  const byArea = area ? forecastYear({ ...own, kindProfile: area }) : found
  if (byArea.basis !== null) return { ...byArea, shownBasis: 'areaProfile' }
  const flat = forecastYear({ ...own, kindProfile: flatProfile(scope.byMonth, row, { year, endMs, present }) })
  return flat.basis === null ? null : { ...flat, shownBasis: 'days' }
}

/** Last year of the surrounding area by the dates of this year; undefined when too little of it is known. */
function areaProfile({ areaMonths, year }: Scope, row: TotalRow): Float64Array | undefined {
  if (!areaMonths) return undefined
  const days = daysOfTotal(byMonth(areaMonths), row, { fromYear: year - 1, endMs: yearRange(year).fromMs })
  const lastYear = lastYearByDate(days, year)
  const isKnown = knownDays(lastYear) >= COVERED_DAYS_MIN && lastYear.some((amount) => amount > 0)
  return isKnown ? fillFromWeeks(lastYear) : undefined
}
/** Share of an area's days of last year from which its season follows. */
const COVERED_DAYS_MIN = 0.9

type Shown = Pick<IndicatorStatus, 'forecast' | 'forecastBasis' | 'low80' | 'high80'> & {
  chanceOf: ((target: number) => number) | null
}

function forecastShown(found: ReturnType<typeof forecastOf>, { per }: TotalRow): Shown {
  if (!found) return { forecast: null, forecastBasis: null, low80: null, high80: null, chanceOf: null }
  return {
    forecast: found.forecast / per,
    forecastBasis: found.shownBasis,
    low80: found.low80 / per,
    high80: found.high80 / per,
    chanceOf: (target) => chanceOfExceeding(found, target * per),
  }
}

function intensityOf(scope: Scope, indicator: IntensityIndicator): Found {
  const row = DUAL_CONTROL[indicator]
  const year = scope.rolling[row.resource]
  const size = year?.[row.size]
  const value = year && size ? year[row.numerator] / size : null
  const why = year === null ? 'incompleteYear' : size ? null : 'noSize'
  const figure = knownFigure(value, { share: year && knownShareOf(year, row), why, limits: scope.limits })
  const isLowerBound = value !== null && year !== null && fuelLeftOut(year, row) > 0
  const shown = { forecast: figure.actual, forecastBasis: null, low80: null, high80: null, chanceOf: null }
  return { ...figure, ...shown, isLowerBound }
}

type Found = Pick<IndicatorStatus, 'actual' | 'knownShare' | 'knownPart' | 'reason' | 'provisional'> &
  Shown & { isLowerBound: boolean }

function against(scope: Scope, indicator: Indicator, { isLowerBound, chanceOf, ...found }: Found): IndicatorStatus {
  const { targets, year, endMs } = scope
  const target = targetFor(targets, indicator, year)
  const value = target ? targetValue(target, year) : null
  const rebased = target && onTargetFactors(scope, indicator, target)
  const held = rebased?.figure ?? { ...found, chanceOf }
  const ratio = value !== null && held.forecast !== null ? held.forecast / value : null
  const chance = value !== null && held.chanceOf ? held.chanceOf(value) : null
  const byChance = chance === null ? null : statusOfChance(chance, dayLabel(dayOf(endMs - 1)))
  const status = byChance ?? (ratio === null ? null : statusOf(ratio))
  return {
    indicator,
    unit: DUAL_CONTROL[indicator].unit,
    ...found,
    target: value,
    ratio,
    chance,
    // A lower bound can prove `over`, but not `onTrack` or `atRisk`.
    status: isLowerBound && status !== 'over' ? null : status,
    targetSource: target?.source ?? null,
    targetStandIn: target?.standIn ?? false,
    ...(rebased && { onTargetFactors: rebasedShown(rebased, found) }),
    ...(isLowerBound && { lowerBound: true }),
  }
}

/** The figure by the target's factors; null where they are the factors in force (factor-change.ts). */
function onTargetFactors(scope: Scope, indicator: Indicator, target: Target) {
  if (DUAL_CONTROL[indicator].carriers !== 'co2') return null
  const factorMonth = factorMonthOf(target)
  const given = scope.onFactors?.get(factorMonth)
  if (!given) return null
  const { fromMs } = monthRange(scope.month)
  const figure = figureOf(scopeOf({ ...scope, months: given.months }, fromMs, scope.endMs), indicator)
  return { factorMonth, co2Factor: given.co2Factor, figure }
}

function rebasedShown(
  { factorMonth, co2Factor, figure }: NonNullable<ReturnType<typeof onTargetFactors>>,
  { actual }: Pick<Found, 'actual'>,
): IndicatorStatus['onTargetFactors'] {
  const factorEffect = actual === null || figure.actual === null ? null : actual - figure.actual
  return { factorMonth, co2Factor, actual: figure.actual, forecast: figure.forecast, factorEffect }
}

/**
 * The verdict on totals and intensities (energy, water and CO2 together): a side is over when any of its indicators is.
 * Null unless both sides have a judged indicator, since a side without a target counts neither as met nor as over.
 */
function verdictOf(indicators: readonly IndicatorStatus[]): Verdict | null {
  const sideOver = (side: readonly string[]): boolean | null => {
    const judged = indicators.filter((row) => side.includes(row.indicator) && row.status !== null)
    return judged.length > 0 ? judged.some((row) => row.status === 'over') : null
  }
  const totalOver = sideOver(TOTAL_INDICATORS)
  const intensityOver = sideOver(INTENSITY_INDICATORS)
  if (totalOver === null || intensityOver === null) return null
  if (totalOver && intensityOver) return 'bothOver'
  if (totalOver) return 'totalOver'
  return intensityOver ? 'intensityOver' : 'bothMet'
}

const monthsOf = (year: number): Month[] =>
  Array.from({ length: 12 }, (_, index) => `${year}-${String(index + 1).padStart(2, '0')}` as Month)

const worst = (coverages: readonly (number | null)[]): number | null => {
  const known = coverages.filter((coverage) => coverage !== null)
  return known.length > 0 ? Math.min(...known) : null
}
