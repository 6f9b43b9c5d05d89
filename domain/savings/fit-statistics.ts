// How well a model fits its baseline: errors, bias and autocorrelation of the residuals, with the limits of ASHRAE
// Guideline 14 as data (docs/rules/savings.md#statistics).

export interface FitStatistics {
  /** Days, or billing periods. */
  observations: number
  /** Number of slopes. */
  slopes: number
  mean: number
  /** Variance of the observed values with divisor n. */
  variance: number
  /** √(Σ residual² / (n − slopes)): CalTRACK 4.3.2.2, without the intercept. */
  rmse: number
  /** rmse / mean. Null when the mean is 0. */
  cvRmse: number | null
  /** Σ (observed − predicted) / ((n − slopes) · mean). Null when the mean is 0. */
  nmbe: number | null
  /** Correlation of each residual with the next one; 0 when the residuals do not vary. */
  autocorrelation: number
  /** ASHRAE's number of independent observations n · (1 − ρ) / (1 + ρ). */
  independent: number
}

/** Statistics of predictions for the same entries, in order of time. */
export function fitStatistics(observed: Float64Array, predicted: Float64Array, slopes: number): FitStatistics {
  const n = observed.length
  const residuals = predicted.map((value, i) => value - (observed[i] as number))
  const mean = meanOf(observed)
  const squares = residuals.reduce((sum, value) => sum + value * value, 0)
  const rmse = Math.sqrt(squares / (n - slopes))
  const autocorrelation = lagOne(residuals)
  return {
    ...{ observations: n, slopes, mean, rmse, autocorrelation },
    variance: observed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n,
    cvRmse: mean === 0 ? null : rmse / mean,
    nmbe: mean === 0 ? null : -residuals.reduce((sum, value) => sum + value, 0) / ((n - slopes) * mean),
    independent: (n * (1 - autocorrelation)) / (1 + autocorrelation),
  }
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Pearson's correlation of entries 2 … n with entries 1 … n − 1, each about its own mean. */
function lagOne(residuals: Float64Array): number {
  if (residuals.length < 3) return 0
  const [before, after] = [residuals.subarray(0, -1), residuals.subarray(1)]
  const [meanBefore, meanAfter] = [meanOf(before), meanOf(after)]
  let xx = 0
  let yy = 0
  let xy = 0
  for (let i = 0; i < before.length; i++) {
    const x = (before[i] as number) - meanBefore
    const y = (after[i] as number) - meanAfter
    xx += x * x
    yy += y * y
    xy += x * y
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0
}

/** Limits for a calibrated model by its interval: ASHRAE Guideline 14-2014. Shares, not percent. */
export const ASHRAE_14_LIMITS = {
  monthly: { cvRmseMax: 0.15, nmbeMax: 0.05 },
  hourly: { cvRmseMax: 0.3, nmbeMax: 0.1 },
} as const

/** Above this a building should not enter a portfolio (CalTRACK 4.3.2.1). */
export const CV_RMSE_MAX_IN_PORTFOLIO = 1

/** Whether a fit keeps within both limits; false where a figure is not defined. */
export const isWithinAshrae14 = (
  { cvRmse, nmbe }: Pick<FitStatistics, 'cvRmse' | 'nmbe'>,
  interval: keyof typeof ASHRAE_14_LIMITS,
): boolean => {
  const { cvRmseMax, nmbeMax } = ASHRAE_14_LIMITS[interval]
  return cvRmse !== null && nmbe !== null && cvRmse <= cvRmseMax && Math.abs(nmbe) <= nmbeMax
}
