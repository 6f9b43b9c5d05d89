// Limits and balance points of the CalTRACK 2.0 fit as data, in °F for parity with the reference package and in °C for
// use. Each value that is not in the text of CalTRACK has its reason in docs/rules/savings.md#candidates.

export type TemperatureUnit = 'F' | 'C'

export interface FitSettings {
  /** Balance points for heating and for cooling, rising, in the unit of the temperatures. */
  balances: readonly number[]
  /** Degree days that a candidate's series must sum to over the baseline. */
  degreeDaysMin: number
  /** Days above zero that a candidate's series must have; 0 for billing periods. */
  nonZeroDaysMin: number
  /** A slope with a greater two-sided p-value disqualifies; 1 asks nothing. */
  slopePValueMax: number
  /** Whether models with cooling are considered: not for gas and heat. */
  fitsCooling: boolean
}

const range = (first: number, last: number, step: number): number[] =>
  Array.from({ length: Math.round((last - first) / step) + 1 }, (_, index) => first + index * step)

/** CalTRACK 3.2.1: 30 to 90 °F; the step of 1 °F is the reference package's. */
const FAHRENHEIT_BALANCES = range(30, 90, 1)
/** The same span in °C, steps of 0.5 °C = 0.9 °F: finer than the 3 °F that CalTRACK 3.2.3 allows. */
const CELSIUS_BALANCES = range(-1, 32, 0.5)
/** CalTRACK 3.2.2.2.2, in °F. */
const DEGREE_DAYS_MIN_F = 20
const FAHRENHEIT_PER_CELSIUS = 1.8

/** Settings of the daily method for electricity. */
export const dailySettings = (unit: TemperatureUnit): FitSettings => ({
  balances: unit === 'F' ? FAHRENHEIT_BALANCES : CELSIUS_BALANCES,
  degreeDaysMin: unit === 'F' ? DEGREE_DAYS_MIN_F : DEGREE_DAYS_MIN_F / FAHRENHEIT_PER_CELSIUS,
  nonZeroDaysMin: 10,
  slopePValueMax: 1,
  fitsCooling: true,
})

/** Settings of the billing method: days above zero are not asked for (CalTRACK 3.2.2.2.1). */
export const billingSettings = (unit: TemperatureUnit): FitSettings => ({ ...dailySettings(unit), nonZeroDaysMin: 0 })

/** Zeros are no use of electricity but missing values (CalTRACK 2.2.1.4); gas and heat do not cool (3.2.1.1). */
export const FIT_MEDIA = {
  electricity: { zeroIsMissing: true, fitsCooling: true },
  gas: { zeroIsMissing: false, fitsCooling: false },
  heat: { zeroIsMissing: false, fitsCooling: false },
} as const
