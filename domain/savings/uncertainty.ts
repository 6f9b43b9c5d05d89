// Uncertainty of savings: CalTRACK's fractional savings uncertainty for a site and a portfolio, and the band by least
// squares that the reference package states beside it (docs/rules/savings.md#uncertainty).

import type { FitStatistics } from './fit-statistics.ts'
import { tOfConfidence } from './student-t.ts'

/** Usual in CalTRACK 4.3.2.4.2. */
export const SAVINGS_CONFIDENCE = 0.9

/** Sun and Baltazar's coefficients as CalTRACK 4.3.2.4.6 gives them: a·M² + b·M + d of the months M. */
const MONTH_FACTOR = {
  daily: { a: -0.00024, b: 0.03535, d: 1.00286 },
  billing: { a: -0.00022, b: 0.03306, d: 0.94054 },
} as const
export type FitMethod = keyof typeof MONTH_FACTOR

/** Days of a month of the reporting period, as the reference package counts them. */
const DAYS_A_MONTH = 30

export interface BandInput {
  method: FitMethod
  baseline: FitStatistics
  /** Observations of the reporting period: days, or billing periods. */
  reporting: number
  confidence?: number
}

/** Half the width of the band in which the savings lie by CalTRACK 4.3.2.4. NaN when it is not defined. */
export function fsuBand({ method, baseline, reporting, confidence = SAVINGS_CONFIDENCE }: BandInput): number {
  const { observations, slopes, rmse, independent } = baseline
  if (reporting <= 0 || !(independent > 0)) return Number.NaN
  const { a, b, d } = MONTH_FACTOR[method]
  const months = method === 'daily' ? reporting / DAYS_A_MONTH : reporting
  const t = tOfConfidence(confidence, observations - slopes)
  const factor = a * months * months + b * months + d
  const independence = Math.sqrt((observations / independent) * (1 + 2 / independent) * (1 / reporting))
  // Baseline use × CV(RMSE) = observations × rmse.
  return observations * t * factor * rmse * independence
}

/** The band of the reference package by least squares: model error and noise apart. */
export function olsBand(
  { baseline, reporting, confidence = SAVINGS_CONFIDENCE }: BandInput,
  reportingMean: number,
): { model: number; noise: number; total: number } {
  const { observations, slopes, rmse, independent, mean, variance } = baseline
  const t = tOfConfidence(confidence, observations - slopes)
  const shift = variance > 0 ? (mean - reportingMean) ** 2 / variance : 0
  const model = ((t * rmse * reporting) / Math.sqrt(observations)) * Math.sqrt(1 + shift)
  const noise = t * rmse * Math.sqrt((reporting * observations) / independent)
  return { model, noise, total: Math.hypot(model, noise) }
}

/** Band ÷ savings; null when there are no savings, or no band. */
export const fractionalUncertainty = (band: number, savings: number): number | null =>
  savings === 0 || !Number.isFinite(band) ? null : band / Math.abs(savings)

/** Savings and band of sites together: bands of independent sites add by their squares (CalTRACK 4.3.2.5). */
export function portfolioUncertainty(sites: readonly { savings: number; band: number }[]): {
  savings: number
  band: number
  fsu: number | null
} {
  const savings = sites.reduce((sum, site) => sum + site.savings, 0)
  const band = Math.sqrt(sites.reduce((sum, site) => sum + site.band ** 2, 0))
  return { savings, band, fsu: fractionalUncertainty(band, savings) }
}
