// The billing method from bills to periods that can be fitted: estimated reads merged, short and long ones dropped, and
// enough weather in each (CalTRACK 2.2.3, 3.5.5; docs/rules/savings.md#billing).

import { type CandidateSearch, searchCandidates } from './candidate-search.ts'
import { type DayValues, valueOn } from './day-values.ts'
import type { FitSample } from './degree-sums.ts'
import type { FitSettings } from './fit-settings.ts'
import { type FitStatistics, fitStatistics } from './fit-statistics.ts'
import type { DayRange } from './metered-savings.ts'
import { BASELINE_DAYS } from './sufficiency.ts'
import { fractionalUncertainty, fsuBand } from './uncertainty.ts'
import { predictDay, slopeCount, type UsageModel } from './usage-model.ts'

export type BillingCycle = 'monthly' | 'bimonthly'

/** A bill: an amount of days [startDay, endDay). NaN = not known. */
export interface BillingRead {
  startDay: number
  endDay: number
  amount: number
  isEstimated: boolean
}

/** CalTRACK 2.2.3.1, 2.2.3.4, 2.2.3.5, 2.2.3.2, 2.2.1.2. */
const MERGED_DAYS_MAX = 70
const DAYS_MIN = 25
const DAYS_MAX: Record<BillingCycle, number> = { monthly: 35, bimonthly: 70 }
const TEMPERATURE_SHARE_MIN = 0.9
const MISSING_DAYS_MAX = 37

export type BillingDropReason = 'short' | 'long' | 'estimated' | 'missingUse' | 'missingTemperature'

interface BillingPeriod extends BillingRead {
  /** Days of estimated reads within it, which count as missing. */
  estimatedDays: number
}

export interface BillingPeriods {
  periods: BillingPeriod[]
  dropped: { read: BillingRead; reason: BillingDropReason }[]
  /** Periods that are longer than their cycle but stay: those of a reporting period are only flagged. */
  long: number
}

const daysOf = ({ startDay, endDay }: Pick<BillingRead, 'startDay' | 'endDay'>): number => endDay - startDay

/**
 * Periods from bills in order of time. A baseline drops short reads, a reporting period merges them with the next; both
 * merge estimated reads, as long as the whole has at most 70 days.
 */
export function billingPeriods(
  reads: readonly BillingRead[],
  temperature: DayValues,
  { cycle, isBaseline }: { cycle: BillingCycle; isBaseline: boolean },
): BillingPeriods {
  const found: BillingPeriods = { periods: [], dropped: [], long: 0 }
  const drop = (read: BillingRead, reason: BillingDropReason): void => void found.dropped.push({ read, reason })
  for (const period of merged(reads, isBaseline)) {
    const isLong = daysOf(period) > Math.max(DAYS_MAX[cycle], period.isMerged ? MERGED_DAYS_MAX : 0)
    if (period.isEstimated) drop(period, 'estimated')
    else if (Number.isNaN(period.amount)) drop(period, 'missingUse')
    else if (daysOf(period) < DAYS_MIN) drop(period, 'short')
    else if (isLong && isBaseline) drop(period, 'long')
    else if (knownTemperatures(period, temperature).length < TEMPERATURE_SHARE_MIN * daysOf(period))
      drop(period, 'missingTemperature')
    else {
      if (isLong) found.long += 1
      found.periods.push(period)
    }
  }
  return found
}

function merged(reads: readonly BillingRead[], isBaseline: boolean): (BillingPeriod & { isMerged: boolean })[] {
  const done: (BillingPeriod & { isMerged: boolean })[] = []
  for (const read of reads) {
    const before = done.at(-1)
    const waits = before && (before.isEstimated || (!isBaseline && daysOf(before) < DAYS_MIN))
    const own = { ...read, estimatedDays: read.isEstimated ? daysOf(read) : 0, isMerged: false }
    if (!waits || before.endDay !== read.startDay || read.endDay - before.startDay > MERGED_DAYS_MAX) {
      done.push(own)
      continue
    }
    before.endDay = read.endDay
    before.amount += read.amount
    before.estimatedDays += own.estimatedDays
    before.isEstimated = read.isEstimated
    before.isMerged = true
  }
  return done
}

function knownTemperatures({ startDay, endDay }: DayRangeOfBill, temperature: DayValues): Float64Array {
  const known: number[] = []
  for (let day = startDay; day < endDay; day++) {
    const degrees = valueOn(temperature, day)
    if (!Number.isNaN(degrees)) known.push(degrees)
  }
  return Float64Array.from(known)
}
type DayRangeOfBill = Pick<BillingRead, 'startDay' | 'endDay'>

export interface BillingFit extends Pick<BillingPeriods, 'dropped'> {
  model: UsageModel | null
  r2Adj: number | null
  search: Omit<CandidateSearch, 'best'> | null
  statistics: FitStatistics | null
  /** Days of the baseline that no period covers, estimated ones included. */
  missingDays: number
  disqualified: 'missingDays' | 'negativeUse' | 'noModel' | null
}

/** Fits the bills that lie in the 365 days before `baselineEndDay`, weighted by their days (CalTRACK 3.4.2). */
export function fitBills(
  reads: readonly BillingRead[],
  { temperature, baselineEndDay, cycle }: { temperature: DayValues; baselineEndDay: number; cycle: BillingCycle },
  settings: FitSettings,
): BillingFit {
  const startDay = baselineEndDay - BASELINE_DAYS
  const own = reads.filter((read) => read.startDay >= startDay && read.endDay <= baselineEndDay)
  const { periods, dropped } = billingPeriods(own, temperature, { cycle, isBaseline: true })
  const missingDays = BASELINE_DAYS - periods.reduce((sum, period) => sum + daysOf(period) - period.estimatedDays, 0)
  const none = { model: null, r2Adj: null, search: null, statistics: null, missingDays, dropped }
  if (periods.length === 0 || missingDays > MISSING_DAYS_MAX) return { ...none, disqualified: 'missingDays' }
  if (periods.some(({ amount }) => amount < 0)) return { ...none, disqualified: 'negativeUse' }
  const sample = sampleOf(periods, temperature)
  const { best, ...search } = searchCandidates(sample, settings)
  if (!best) return { ...none, search, disqualified: 'noModel' }
  const totals = Float64Array.from(periods, ({ amount }) => amount)
  const predicted = Float64Array.from(periods, (period) => predictPeriod(best.model, period, temperature))
  const statistics = fitStatistics(totals, predicted, slopeCount(best.model))
  return { ...none, search, statistics, model: best.model, r2Adj: best.r2Adj, disqualified: null }
}

const sampleOf = (periods: readonly BillingPeriod[], temperature: DayValues): FitSample => ({
  use: Float64Array.from(periods, (period) => period.amount / daysOf(period)),
  temperatures: periods.map((period) => knownTemperatures(period, temperature)),
  days: Float64Array.from(periods, daysOf),
})

/** Mean prediction of the days with a temperature, for all days of the period. */
function predictPeriod(model: UsageModel, period: DayRangeOfBill, temperature: DayValues): number {
  const known = knownTemperatures(period, temperature)
  return (daysOf(period) * known.reduce((sum, degrees) => sum + predictDay(model, degrees), 0)) / known.length
}

export interface BillingSavings extends Pick<BillingPeriods, 'dropped' | 'long'> {
  counterfactual: number
  observed: number
  savings: number
  periods: number
  fsuBand: number
  fsu: number | null
}

/** Savings of the bills that lie in a reporting period. Null without a model, and without a period that counts. */
export function billingSavings(
  { model, statistics }: BillingFit,
  reads: readonly BillingRead[],
  { temperature, range, cycle }: { temperature: DayValues; range: DayRange; cycle: BillingCycle },
): BillingSavings | null {
  if (!model || !statistics) return null
  const own = reads.filter((read) => read.startDay >= range.firstDay && read.endDay <= range.endDay)
  const { periods, dropped, long } = billingPeriods(own, temperature, { cycle, isBaseline: false })
  if (periods.length === 0) return null
  const counterfactual = periods.reduce((sum, period) => sum + predictPeriod(model, period, temperature), 0)
  const observed = periods.reduce((sum, { amount }) => sum + amount, 0)
  const savings = counterfactual - observed
  const band = fsuBand({ method: 'billing', baseline: statistics, reporting: periods.length })
  const fsu = fractionalUncertainty(band, savings)
  return { counterfactual, observed, savings, periods: periods.length, fsuBand: band, fsu, dropped, long }
}
