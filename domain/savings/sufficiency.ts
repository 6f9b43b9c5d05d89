// Whether a baseline has enough data for the daily method, with a code for each rule that fails or asks for a look
// (docs/rules/savings.md#sufficiency). A failed rule disqualifies the meter; a flag does not.

import { type DayValues, valueOn } from './day-values.ts'

export const DISQUALIFICATIONS = [
  'noData',
  'baselineTooShort',
  'missingDays',
  'missingUse',
  'missingTemperature',
  'negativeUse',
  'noModel',
] as const
export type Disqualification = (typeof DISQUALIFICATIONS)[number]

export interface Disqualified {
  code: Disqualification
  detail: string
  /** The same in Chinese. */
  detailZh: string
}

/** CalTRACK 2.2.1.1 and 3.1.3. */
export const BASELINE_DAYS = 365
/** CalTRACK 2.2.1.2: 10 %. */
const MISSING_DAYS_MAX = 37

export interface BaselineDays {
  /** Days with use and temperature, in order. */
  days: number[]
  /** Days of the window without use, without temperature, without one of them. */
  withoutUse: number
  withoutTemperature: number
  missing: number
  disqualified: Disqualified[]
}

/** The window of 365 days before `endDay`, and what fails in it. */
export function baselineDays(use: DayValues, temperature: DayValues, endDay: number): BaselineDays {
  const days: number[] = []
  const negative: number[] = []
  let withoutUse = 0
  let withoutTemperature = 0
  const startDay = endDay - BASELINE_DAYS
  for (let day = startDay; day < endDay; day++) {
    const amount = valueOn(use, day)
    const hasTemperature = !Number.isNaN(valueOn(temperature, day))
    if (Number.isNaN(amount)) withoutUse += 1
    if (!hasTemperature) withoutTemperature += 1
    if (amount < 0) negative.push(day)
    if (!Number.isNaN(amount) && hasTemperature) days.push(day)
  }
  const missing = BASELINE_DAYS - days.length
  const disqualified: Disqualified[] = []
  const fail = (code: Disqualification, zh: string, en: string): void =>
    void disqualified.push({ code, detail: en, detailZh: zh })
  const [limit, limitZh] = [`${MISSING_DAYS_MAX} may be missing`, `最多可缺 ${MISSING_DAYS_MAX} 天`]
  if (days.length === 0)
    fail('noData', '基准期没有一天同时有用量和气温', 'no day of the baseline has use and temperature')
  else if (use.firstDay > startDay + MISSING_DAYS_MAX)
    fail(
      'baselineTooShort',
      `基准期 ${BASELINE_DAYS} 天，用量在其开始 ${use.firstDay - startDay} 天后才有`,
      `use begins ${use.firstDay - startDay} days after the baseline of ${BASELINE_DAYS} days`,
    )
  if (missing > MISSING_DAYS_MAX)
    fail(
      'missingDays',
      `${BASELINE_DAYS} 天中有 ${missing} 天缺用量或气温；${limitZh}`,
      `${missing} of ${BASELINE_DAYS} days lack use or temperature; ${limit}`,
    )
  if (withoutUse > MISSING_DAYS_MAX)
    fail(
      'missingUse',
      `${BASELINE_DAYS} 天中有 ${withoutUse} 天缺用量；${limitZh}`,
      `${withoutUse} of ${BASELINE_DAYS} days have no use; ${limit}`,
    )
  if (withoutTemperature > MISSING_DAYS_MAX)
    fail(
      'missingTemperature',
      `${BASELINE_DAYS} 天中有 ${withoutTemperature} 天缺气温；${limitZh}`,
      `${withoutTemperature} of ${BASELINE_DAYS} days have no temperature; ${limit}`,
    )
  if (negative.length > 0)
    fail(
      'negativeUse',
      `${negative.length} 天用量为负，可能是表后有发电`,
      `${negative.length} days have negative use, which may be generation behind the meter`,
    )
  return { days, withoutUse, withoutTemperature, missing, disqualified }
}

/** CalTRACK 2.3.6: interquartile ranges above the median. */
const EXTREME_RANGES = 3

/** Values above median + 3 interquartile ranges: to be looked at, not dropped. Quartiles between ranks are linear. */
export function extremeValues(values: readonly number[]): { limit: number; count: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const limit = quantile(sorted, 0.5) + EXTREME_RANGES * (quantile(sorted, 0.75) - quantile(sorted, 0.25))
  return { limit, count: values.filter((value) => value > limit).length }
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  return low + ((sorted[Math.ceil(at)] ?? Number.NaN) - low) * (at - Math.floor(at))
}
