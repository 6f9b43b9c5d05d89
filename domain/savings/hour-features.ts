// Features of the hourly model: bins of temperature and the occupied hours of the week (CalTRACK 3.8–3.9,
// docs/rules/savings.md#hourly-model). Temperatures are °F here, as its text has them.

import { NormalEquations } from './normal-equations.ts'

export const HOURS_A_WEEK = 168

/** An hour of the baseline. */
export interface HourSample {
  /** 0 is Monday 0:00 to 1:00. */
  hourOfWeek: number
  /** 1 to 12. */
  month: number
  temperatureF: number
  /** Amount of the hour. */
  use: number
}

/** CalTRACK 3.9.1.1. */
const BIN_ENDS_F = [30, 45, 55, 65, 75, 90]
/** CalTRACK 3.9.1.2. */
const BIN_HOURS_MIN = 20

/** Ends of the bins that have enough hours: a bin that lacks them loses its larger end, the warmest its lower one. */
export function fitBinEnds(temperaturesF: readonly number[], ends: readonly number[] = BIN_ENDS_F): number[] {
  const valid = [...ends]
  for (let bin = 0; bin <= valid.length && valid.length > 0; ) {
    const low = valid[bin - 1] ?? Number.NEGATIVE_INFINITY
    const high = valid[bin] ?? Number.POSITIVE_INFINITY
    const hours = temperaturesF.filter((degrees) => degrees > low && degrees <= high).length
    if (hours >= BIN_HOURS_MIN) bin += 1
    else if (bin < valid.length) valid.splice(bin, 1)
    else {
      valid.pop()
      bin -= 1
    }
  }
  return valid
}

/** The temperature in parts: how much of it lies in each bin (CalTRACK 3.9.1.3–5). */
export function binTemperature(degrees: number, ends: readonly number[]): number[] {
  const parts: number[] = []
  let low = 0
  for (const [i, end] of ends.entries()) {
    const isWithin = degrees <= end
    parts.push((isWithin ? degrees : end) - low)
    if (isWithin) return [...parts, ...new Array<number>(ends.length - i).fill(0)]
    low = end
  }
  return [...parts, degrees - low]
}

/** CalTRACK 3.8.3 and 3.8.4. */
const HEATING_BALANCE_F = 50
const COOLING_BALANCE_F = 65
const OCCUPIED_SHARE = 0.65

/** Hours of the week in which use is above a plain model of heating and cooling in more than 65 % of the cases. */
export function occupiedHours(samples: readonly HourSample[], weightOf: (sample: HourSample) => number): boolean[] {
  const termsOf = ({ temperatureF }: HourSample): Float64Array =>
    Float64Array.of(1, Math.max(0, HEATING_BALANCE_F - temperatureF), Math.max(0, temperatureF - COOLING_BALANCE_F))
  const equations = new NormalEquations(3)
  for (const sample of samples) equations.add(termsOf(sample), sample.use, weightOf(sample))
  const solved = equations.factorise().solve()
  const counts = Array.from({ length: HOURS_A_WEEK }, () => ({ all: 0, above: 0 }))
  for (const sample of samples) {
    const count = counts[sample.hourOfWeek]
    if (!count) continue
    count.all += 1
    if (sample.use > termsOf(sample).reduce((sum, term, i) => sum + term * (solved[i] as number), 0)) count.above += 1
  }
  return counts.map(({ all, above }) => all > 0 && above > OCCUPIED_SHARE * all)
}

/** CalTRACK 2.2.4.1. */
const INTERPOLATED_HOURS_MAX = 6

/** Hourly temperatures with gaps of up to six hours filled by a line; longer ones, and those at the ends, stay. */
export function interpolateHours(values: Float64Array): Float64Array {
  const filled = values.slice()
  let known = -1
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue
    const gap = i - known - 1
    if (known >= 0 && gap > 0 && gap <= INTERPOLATED_HOURS_MAX) {
      const [from, to] = [values[known] as number, values[i] as number]
      for (let k = 1; k <= gap; k++) filled[known + k] = from + ((to - from) * k) / (gap + 1)
    }
    known = i
  }
  return filled
}
