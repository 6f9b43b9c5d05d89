// Baseline of district heat: use only in the heating season of the place, by heating degree days within it, so that a
// warm spell in April or a cold one in October is no heat (docs/rules/savings.md#heating-season).

import { searchCandidates } from './candidate-search.ts'
import { type DayValues, valueOn } from './day-values.ts'
import type { FitSettings } from './fit-settings.ts'
import { type FitStatistics, fitStatistics } from './fit-statistics.ts'
import type { DayRange } from './metered-savings.ts'
import { fractionalUncertainty, fsuBand } from './uncertainty.ts'
import { predictDay, slopeCount, type UsageModel } from './usage-model.ts'

/** A season has this share of its days known, as a baseline year has (CalTRACK 2.2.1.2). */
const KNOWN_SHARE_MIN = 0.9

export interface HeatingSeasonFit {
  /** Null when the seasons do not suffice; outside a season the use is that of summer. */
  model: UsageModel | null
  r2Adj: number | null
  /** Mean use of a day outside the seasons: hot water and losses; 0 when no such day is known. */
  summerUse: number
  statistics: FitStatistics | null
  disqualified: 'missingSeasonDays' | 'negativeUse' | 'noModel' | null
  /** Days of the baseline seasons. */
  days: number
}

export interface HeatSeries {
  use: DayValues
  temperature: DayValues
}

/** Fits the days of the seasons within the baseline. */
export function fitHeatingSeason(
  { use, temperature }: HeatSeries,
  { baseline, seasons }: { baseline: DayRange; seasons: readonly DayRange[] },
  settings: FitSettings,
): HeatingSeasonFit {
  const days: number[] = []
  let inSeason = 0
  let [summer, summerDays] = [0, 0]
  let hasNegative = false
  for (let day = baseline.firstDay; day < baseline.endDay; day++) {
    const amount = valueOn(use, day)
    if (amount < 0) hasNegative = true
    if (isInSeason(seasons, day)) {
      inSeason += 1
      if (!Number.isNaN(amount) && !Number.isNaN(valueOn(temperature, day))) days.push(day)
    } else if (!Number.isNaN(amount)) {
      summer += amount
      summerDays += 1
    }
  }
  const summerUse = summerDays > 0 ? summer / summerDays : 0
  const none = { model: null, r2Adj: null, summerUse, statistics: null, days: days.length }
  if (inSeason === 0 || days.length < KNOWN_SHARE_MIN * inSeason) return { ...none, disqualified: 'missingSeasonDays' }
  if (hasNegative) return { ...none, disqualified: 'negativeUse' }
  const observed = Float64Array.from(days, (day) => valueOn(use, day))
  const temperatures = Float64Array.from(days, (day) => valueOn(temperature, day))
  const { best } = searchCandidates({ use: observed, temperatures }, { ...settings, fitsCooling: false })
  if (!best) return { ...none, disqualified: 'noModel' }
  const predicted = temperatures.map((degrees) => predictDay(best.model, degrees))
  const statistics = fitStatistics(observed, predicted, slopeCount(best.model))
  return { ...none, model: best.model, r2Adj: best.r2Adj, statistics, disqualified: null }
}

export interface HeatingSeasonSavings {
  days: number
  counterfactual: number
  observed: number
  savings: number
  /** Half of the 90 % band, of the days of the season. */
  band: number
  fsu: number | null
  masked: number
}

/** Savings of a reporting period. Days of its seasons by the model, others by the use of summer. */
export function heatingSeasonSavings(
  fit: HeatingSeasonFit,
  { use, temperature }: HeatSeries,
  { reporting, seasons }: { reporting: DayRange; seasons: readonly DayRange[] },
): HeatingSeasonSavings | null {
  const { model, statistics, summerUse } = fit
  if (!model || !statistics) return null
  let [days, heated, counterfactual, observed, masked] = [0, 0, 0, 0, 0]
  for (let day = reporting.firstDay; day < reporting.endDay; day++) {
    const amount = valueOn(use, day)
    const degrees = valueOn(temperature, day)
    const heats = isInSeason(seasons, day)
    if (Number.isNaN(amount) || (heats && Number.isNaN(degrees))) {
      masked += 1
      continue
    }
    days += 1
    if (heats) heated += 1
    counterfactual += heats ? predictDay(model, degrees) : summerUse
    observed += amount
  }
  if (days === 0) return null
  const savings = counterfactual - observed
  const band = heated > 0 ? fsuBand({ method: 'daily', baseline: statistics, reporting: heated }) : 0
  return { days, counterfactual, observed, savings, band, fsu: fractionalUncertainty(band, savings), masked }
}

const isInSeason = (seasons: readonly DayRange[], day: number): boolean =>
  seasons.some(({ firstDay, endDay }) => day >= firstDay && day < endDay)
