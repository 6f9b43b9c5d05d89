// Judges dual control (能源消费总量和强度双控) of an institution or area: totals against the year's cap, and separately
// intensities against the year's target (docs/rules/dual-control.md#totals-and-intensities-apart). Caps may lie above
// the base year's result, as those of 2025 do, while intensities must fall; so no rule here infers one from the other.

import { type Month, monthRange, yearOf, yearRange } from '../calendar.ts'
import { byMonth, resourceHours, rollingYearsOf, type SubjectMonth, type SubjectYear } from '../energy/subject-month.ts'
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
import { fuelLeftOut } from './indicator-value.ts'
import { type DualControl, type FORECAST_BASES, type IndicatorStatus, STATUSES, type VERDICTS } from './result.ts'
import { targetFor, targetValue } from './target-value.ts'

export type Status = (typeof STATUSES)[number]
export type Verdict = (typeof VERDICTS)[number]
export type ForecastBasis = (typeof FORECAST_BASES)[number]
/** Twelve monthly amounts of a year, January first; only their proportions matter. */
export type YearProfile = readonly number[]

/**
 * Limits of forecast / target: green up to ON_TRACK_RATIO_MAX, orange up to AT_RISK_RATIO_MAX, red beyond
 * (docs/rules/dual-control.md#status).
 */
export const ON_TRACK_RATIO_MAX = 0.95
export const AT_RISK_RATIO_MAX = 1
/** Below this coverage last year's profile is not used, and a judgement is provisional. */
export const COVERAGE_MIN = 0.9
/** Relative tolerance for floating point: a forecast equal to a threshold meets it. */
const RATIO_SLACK = 1e-9

/** A month's total in the indicator's unit. */
const totalOf = (part: SubjectMonth, { numerator, per }: (typeof DUAL_CONTROL)[TotalIndicator]): number =>
  part[numerator] / per

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
  /** The surrounding area's last year (see `profilesOf`), for a subject without its own profile. */
  areaProfiles?: Partial<Record<TotalIndicator, YearProfile>>
  coefficientSet: string
  co2Factor: string
}

/**
 * Judges one subject for one month. Totals: year to date, and the forecast of the whole year. Intensities: the 12
 * months that end at `asOfMs`, null before there is a full year. `coverage`: known over expected hours of the year to
 * date, the worse of energy and water; a month without a record counts as unknown. `provisional`: this coverage or that
 * of a rolling year is below COVERAGE_MIN, or an indicator is a lower bound. Throws RangeError when `asOfMs` is not
 * after the month's start.
 */
export function judge(input: JudgeInput): DualControl {
  const { fromMs, toMs } = monthRange(input.month)
  if (input.asOfMs <= fromMs)
    throw new RangeError(`cannot judge ${input.month} as of ${new Date(input.asOfMs).toISOString()}`)
  const scope = scopeOf(input, fromMs, Math.min(input.asOfMs, toMs))

  const indicators = INDICATORS.map((indicator) =>
    isTotal(indicator) ? judgeTotal(scope, indicator) : judgeIntensity(scope, indicator),
  )
  const coverage = worst([coverageToDate(scope, 'energy'), coverageToDate(scope, 'water')])
  const rolling = worst([rollingCoverage(scope, 'energy'), rollingCoverage(scope, 'water')])
  return {
    subject: input.subject,
    month: input.month,
    asOfMs: scope.endMs,
    indicators,
    status: STATUSES.findLast((status) => indicators.some((row) => row.status === status)) ?? null,
    verdict: verdictOf(indicators),
    coverage,
    provisional:
      (coverage ?? 0) < COVERAGE_MIN ||
      (rolling ?? 1) < COVERAGE_MIN ||
      indicators.some(({ lowerBound }) => lowerBound === true),
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

/** Year profiles of the totals with at least COVERAGE_MIN of the hours known in each month of `year`. */
export function profilesOf(
  months: readonly SubjectMonth[],
  year: number,
): Partial<Record<TotalIndicator, YearProfile>> {
  const map = byMonth(months)
  return Object.fromEntries(
    TOTAL_INDICATORS.map((indicator) => [indicator, profileOf(map, indicator, year)]).filter(([, profile]) => profile),
  )
}

/** The input, plus values that every indicator needs, computed once: a province judges 30,000 subjects at a time. */
interface Scope extends JudgeInput {
  endMs: number
  year: number
  byMonth: ReadonlyMap<Month, SubjectMonth>
  rolling: Record<ResourceKind, SubjectYear | null>
  /** Elapsed share of each month of this year, 0 to 1, January first. */
  elapsed: readonly number[]
  /** The records from January to `month`, and the elapsed time that they cover. */
  toDate: readonly SubjectMonth[]
  recordedMs: number
}

function scopeOf(input: JudgeInput, fromMs: number, endMs: number): Scope {
  const year = yearOf(fromMs)
  const months = byMonth(input.months)
  const spans = monthsOf(year).map((month) => ({ part: months.get(month), ...monthRange(month) }))
  const begun = spans.filter((span) => span.fromMs < endMs)
  return {
    ...input,
    endMs,
    year,
    byMonth: months,
    rolling: rollingYearsOf(input.months, endMs),
    elapsed: spans.map((span) => Math.min(1, Math.max(0, (endMs - span.fromMs) / (span.toMs - span.fromMs)))),
    toDate: begun.flatMap((span) => span.part ?? []),
    recordedMs: begun.reduce((sum, span) => sum + (span.part ? Math.min(span.toMs, endMs) - span.fromMs : 0), 0),
  }
}

function judgeTotal(scope: Scope, indicator: TotalIndicator): IndicatorStatus {
  const row = DUAL_CONTROL[indicator]
  const known = scope.toDate.filter((part) => resourceHours(part, row.resource).known > 0)
  const actual = known.length > 0 ? known.reduce((sum, part) => sum + totalOf(part, row), 0) : null
  const { basis, share } = elapsedOfYear(scope, indicator)
  return against(scope, indicator, {
    actual,
    forecast: actual === null ? null : actual / share,
    forecastBasis: actual === null ? null : basis,
    isLowerBound: known.some((part) => fuelLeftOut(part, row) > 0),
  })
}

function judgeIntensity(scope: Scope, indicator: IntensityIndicator): IndicatorStatus {
  const row = DUAL_CONTROL[indicator]
  const year = scope.rolling[row.resource]
  const size = year?.[row.size]
  const actual = year && size ? year[row.numerator] / size : null
  const isLowerBound = actual !== null && year !== null && fuelLeftOut(year, row) > 0
  return against(scope, indicator, { actual, forecast: actual, forecastBasis: null, isLowerBound })
}

function against(
  { targets, year }: Scope,
  indicator: Indicator,
  {
    isLowerBound,
    ...found
  }: Pick<IndicatorStatus, 'actual' | 'forecast' | 'forecastBasis'> & {
    isLowerBound: boolean
  },
): IndicatorStatus {
  const target = targetFor(targets, indicator, year)
  const value = target ? targetValue(target, year) : null
  const ratio = value !== null && found.forecast !== null ? found.forecast / value : null
  const status = ratio === null ? null : statusOf(ratio)
  return {
    indicator,
    unit: DUAL_CONTROL[indicator].unit,
    ...found,
    target: value,
    ratio,
    // A lower bound can prove `over`, but not `onTrack` or `atRisk`.
    status: isLowerBound && status !== 'over' ? null : status,
    targetSource: target?.source ?? null,
    targetStandIn: target?.standIn ?? false,
    ...(isLowerBound && { lowerBound: true }),
  }
}

/** The share of the year's use that is due by now, above 0, and the basis of this share. */
function elapsedOfYear(scope: Scope, indicator: TotalIndicator): { basis: ForecastBasis; share: number } {
  const { fromMs, toMs } = yearRange(scope.year)
  if (scope.endMs >= toMs) return { basis: 'complete', share: 1 }
  const own = shareByProfile(scope, profileOf(scope.byMonth, indicator, scope.year - 1))
  if (own > 0) return { basis: 'ownProfile', share: own }
  const area = shareByProfile(scope, scope.areaProfiles?.[indicator])
  if (area > 0) return { basis: 'areaProfile', share: area }
  return { basis: 'days', share: (scope.endMs - fromMs) / (toMs - fromMs) }
}

/** Past months count fully, the current one by its elapsed share; 0 without a usable profile. */
function shareByProfile({ elapsed }: Scope, profile: YearProfile | undefined): number {
  if (profile?.length !== 12) return 0
  const total = profile.reduce((sum, amount) => sum + amount, 0)
  const passed = profile.reduce((sum, amount, index) => sum + amount * (elapsed[index] ?? 0), 0)
  return total > 0 ? passed / total : 0
}

function profileOf(
  map: ReadonlyMap<Month, SubjectMonth>,
  indicator: TotalIndicator,
  year: number,
): YearProfile | undefined {
  const row = DUAL_CONTROL[indicator]
  const parts = monthsOf(year).flatMap((month) => map.get(month) ?? [])
  const hours = parts.map((part) => resourceHours(part, row.resource))
  // Each month must be known, not only the year: a half-missing January would make every February look too high.
  if (parts.length < 12 || hours.some((month) => (coverageOf([month]) ?? 0) < COVERAGE_MIN)) return undefined
  return parts.map((part) => totalOf(part, row))
}

function coverageToDate({ toDate, recordedMs, year, endMs }: Scope, resource: ResourceKind): number | null {
  const share = coverageOf(toDate.map((part) => resourceHours(part, resource)))
  return share === null ? null : share * (recordedMs / (endMs - yearRange(year).fromMs))
}

function rollingCoverage({ rolling }: Scope, resource: ResourceKind): number | null {
  const year = rolling[resource]
  return year && coverageOf([resourceHours(year, resource)])
}

function coverageOf(hours: readonly { expected: number; known: number }[]): number | null {
  const expected = hours.reduce((sum, part) => sum + part.expected, 0)
  return expected > 0 ? hours.reduce((sum, part) => sum + part.known, 0) / expected : null
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
