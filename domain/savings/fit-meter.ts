// The daily method from days to a verdict: window, sufficiency, search, statistics, savings and their uncertainty
// (docs/rules/savings.md). A meter that is disqualified has no model, and says why.

import { type Candidate, type CandidateSearch, searchCandidates } from './candidate-search.ts'
import { type DayTypeFit, fitDayTypes, predictTypedDay } from './day-type-fit.ts'
import { type DayValues, valueOn } from './day-values.ts'
import type { FitSample } from './degree-sums.ts'
import type { FitSettings } from './fit-settings.ts'
import { CV_RMSE_MAX_IN_PORTFOLIO, type FitStatistics, fitStatistics } from './fit-statistics.ts'
import { type DayRange, type MeteredSavings, meteredSavings } from './metered-savings.ts'
import { savingsHalfWidth } from './savings-interval.ts'
import { BASELINE_DAYS, type BaselineDays, baselineDays, type Disqualified, extremeValues } from './sufficiency.ts'
import { fractionalUncertainty, fsuBand } from './uncertainty.ts'
import { predictDay, slopeCount, type UsageModel } from './usage-model.ts'

/** What asks for a look of a person, and changes no number. */
export interface FitFlag {
  code: 'extremeUse' | 'weakFit' | 'yearBeforeDiffers' | 'savingsUncertain'
  detail: string
  /** The same in Chinese. */
  detailZh: string
}

export interface MeterSeries {
  use: DayValues
  temperature: DayValues
}

export interface MeterFit {
  model: UsageModel | null
  r2Adj: number | null
  /** Null when the data do not suffice for a search. */
  search: Omit<CandidateSearch, 'best'> | null
  baseline: BaselineDays
  disqualified: Disqualified[]
  flags: FitFlag[]
  statistics: FitStatistics | null
  /** Null without a model, and without a day that counts. */
  reporting: MeterSavings | null
}

export interface MeterSavings extends MeteredSavings {
  /** Half the width of the 90 % band by CalTRACK; NaN when it is not defined. */
  fsuBand: number
  fsu: number | null
  /** Half the width of the 90 % interval that settlements use; NaN when it is not defined. */
  halfWidth: number
}

export interface FitPeriods {
  /** The day after the baseline. */
  baselineEndDay: number
  reporting?: DayRange
}

/** Fits the baseline of a meter and measures its savings. `visit` sees each candidate. */
export function fitMeter(
  series: MeterSeries,
  periods: FitPeriods,
  settings: FitSettings,
  visit?: (candidate: Candidate) => void,
): MeterFit {
  const { use, temperature } = series
  const baseline = baselineDays(use, temperature, periods.baselineEndDay)
  const none = { model: null, r2Adj: null, search: null, baseline, statistics: null, reporting: null, flags: [] }
  if (baseline.disqualified.length > 0) return { ...none, disqualified: baseline.disqualified }
  const sample = sampleOf(series, baseline.days)
  const { best, ...search } = searchCandidates(sample, settings, visit)
  if (!best) {
    const detail = `none of ${search.count} candidates qualifies`
    const detailZh = `${search.count} 个候选模型无一合格`
    return { ...none, search, disqualified: [{ code: 'noModel', detail, detailZh }] }
  }
  const { model, r2Adj } = best
  const predicted = Float64Array.from(baseline.days, (day) => predictDay(model, valueOn(temperature, day)))
  const statistics = fitStatistics(sample.use, predicted, slopeCount(model))
  const fitted = { series, statistics, baseline: baseline.days }
  const reporting = periods.reporting ? savingsOf(model, { ...fitted, range: periods.reporting }) : null
  const flags = flagsOf({ ...fitted, model, reporting, sample, endDay: periods.baselineEndDay })
  return { model, r2Adj, search, baseline, disqualified: [], flags, statistics, reporting }
}

/**
 * The day-type term on the days that a fit used, for a type of each day; null without a model, or where it does not
 * fit.
 */
export function dayTypesOf(
  { model, baseline }: MeterFit,
  series: MeterSeries,
  typeOf: (day: number) => number,
): DayTypeFit | null {
  return model && fitDayTypes(model, { ...sampleOf(series, baseline.days), types: baseline.days.map(typeOf) })
}

/** Savings of the days that count, by the model with the term. */
export const dayTypeSavings = (
  fit: DayTypeFit,
  { use, temperature }: MeterSeries,
  counted: readonly number[],
  typeOf: (day: number) => number,
): number =>
  counted.reduce(
    (sum, day) => sum + predictTypedDay(fit, valueOn(temperature, day), typeOf(day)) - valueOn(use, day),
    0,
  )

const sampleOf = ({ use, temperature }: MeterSeries, days: readonly number[]) => ({
  use: Float64Array.from(days, (day) => valueOn(use, day)),
  temperatures: Float64Array.from(days, (day) => valueOn(temperature, day)),
})

interface Fitted {
  series: MeterSeries
  statistics: FitStatistics
  /** Days that were fitted. */
  baseline: readonly number[]
}

function savingsOf(
  model: UsageModel,
  { series, statistics, baseline, range }: Fitted & { range: DayRange },
): MeterSavings | null {
  const metered = meteredSavings(model, series, range)
  const { counted, savings } = metered
  if (counted.length === 0) return null
  const band = fsuBand({ method: 'daily', baseline: statistics, reporting: counted.length })
  const halfWidth = savingsHalfWidth({ model, ...series, baseline, reporting: counted })
  return { ...metered, fsuBand: band, fsu: fractionalUncertainty(band, savings), halfWidth }
}

/**
 * Normalised use of the year before the baseline that differs by more asks for a look (docs/rules/savings.md#verdicts).
 */
const YEAR_BEFORE_SHARE_MAX = 0.1
/** Fewer days of the year before say nothing of a year: half of it. */
const YEAR_BEFORE_DAYS_MIN = BASELINE_DAYS / 2

interface Judged extends Fitted {
  model: UsageModel
  reporting: MeterSavings | null
  sample: FitSample
  endDay: number
}

function flagsOf({ model, reporting, sample, endDay, ...fitted }: Judged): FitFlag[] {
  const flags: FitFlag[] = []
  const flag = (code: FitFlag['code'], zh: string, en: string): void =>
    void flags.push({ code, detail: en, detailZh: zh })
  const { cvRmse } = fitted.statistics
  const extreme = extremeValues([...sample.use])
  if (extreme.count > 0)
    flag(
      'extremeUse',
      `${extreme.count} 天高于 ${extreme.limit.toFixed(1)}`,
      `${extreme.count} days are above ${extreme.limit.toFixed(1)}`,
    )
  if (cvRmse === null || cvRmse > CV_RMSE_MAX_IN_PORTFOLIO)
    flag('weakFit', 'CV(RMSE) 超过 100 %', 'CV(RMSE) is above 100 %')
  const startDay = endDay - BASELINE_DAYS
  const range = { firstDay: startDay - BASELINE_DAYS, endDay: startDay }
  const before = savingsOf(model, { ...fitted, range })
  if (before && before.counted.length >= YEAR_BEFORE_DAYS_MIN) {
    const share = -before.savings / before.counterfactual
    if (Math.abs(share) > YEAR_BEFORE_SHARE_MAX && Math.abs(before.savings) > before.halfWidth) {
      const percent = `${(100 * share).toFixed(1)} %`
      flag(
        'yearBeforeDiffers',
        `基准期前一年 ${before.counted.length} 天的用量与基准模型相差 ${percent}`,
        `the year before used ${percent} against the baseline model on ${before.counted.length} days`,
      )
    }
  }
  if (reporting && !(Math.abs(reporting.savings) > reporting.halfWidth))
    flag('savingsUncertain', '节能量小于其不确定度', 'the savings are smaller than their uncertainty')
  return flags
}
