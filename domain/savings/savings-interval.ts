// The 90 % interval of savings that settlements use: variance of the prediction by least squares, balance points
// included, with the noise taken from weeks and carried from week to week, so that a weekly rhythm does not count as
// chance and spells do (docs/rules/savings.md#interval).

import { type DayValues, valueOn } from './day-values.ts'
import { NormalEquations } from './normal-equations.ts'
import { tOfConfidence } from './student-t.ts'
import { SAVINGS_CONFIDENCE } from './uncertainty.ts'
import { coolingDegrees, heatingDegrees, predictDay, type UsageModel } from './usage-model.ts'

/** A rhythm of the week sums to the same in each. */
const WEEK_DAYS = 7
/** A correlation of weeks that leaves no independent week, or many more than there are, is not believed. */
const WEEK_CORRELATION = { min: -0.5, max: 0.9 }

export interface IntervalInput {
  model: UsageModel
  use: DayValues
  temperature: DayValues
  /** Days of the baseline that were fitted, and days of the reporting period that count, both rising. */
  baseline: readonly number[]
  reporting: readonly number[]
  confidence?: number
}

/** Half the width of the interval of the savings; NaN where too few weeks are known. */
export function savingsHalfWidth(input: IntervalInput): number {
  const { model, use, temperature, baseline, reporting, confidence = SAVINGS_CONFIDENCE } = input
  const equations = new NormalEquations(TERMS)
  const residuals = baseline.map((day) => {
    const degrees = valueOn(temperature, day)
    const residual = valueOn(use, day) - predictDay(model, degrees)
    equations.add(termsOf(model, degrees), residual)
    return residual
  })
  const asked = new Float64Array(TERMS)
  for (const day of reporting) {
    const terms = termsOf(model, valueOn(temperature, day))
    for (let i = 0; i < TERMS; i++) asked[i] = (asked[i] as number) + (terms[i] as number)
  }
  const factor = equations.factorise()
  const weeks = weekSums(baseline, residuals)
  const degrees = weeks.length - factor.rank
  if (degrees <= 0) return Number.NaN
  const noise = weekNoise(weeks, factor.rank)
  return tOfConfidence(confidence, degrees) * Math.sqrt(noise * (reporting.length + factor.leverage(asked)))
}

const TERMS = 5

/** What a prediction changes by with each parameter: intercept, slopes, and balance points. */
function termsOf({ betaHdd, balanceHdd, betaCdd, balanceCdd }: UsageModel, degrees: number): Float64Array {
  const terms = new Float64Array(TERMS)
  terms[0] = 1
  if (betaHdd !== null && balanceHdd !== null) {
    terms[1] = heatingDegrees(degrees, balanceHdd)
    terms[2] = degrees < balanceHdd ? betaHdd : 0
  }
  if (betaCdd !== null && balanceCdd !== null) {
    terms[3] = coolingDegrees(degrees, balanceCdd)
    terms[4] = degrees > balanceCdd ? -betaCdd : 0
  }
  return terms
}

interface Week {
  number: number
  /** Sum of the residuals over the root of the known days. */
  sum: number
}

/** Weeks of which more than half is known. */
function weekSums(days: readonly number[], residuals: readonly number[]): Week[] {
  const first = days[0] ?? 0
  const weeks = new Map<number, { sum: number; count: number }>()
  for (const [i, day] of days.entries()) {
    const number = Math.floor((day - first) / WEEK_DAYS)
    const entry = weeks.get(number) ?? { sum: 0, count: 0 }
    entry.sum += residuals[i] as number
    entry.count += 1
    weeks.set(number, entry)
  }
  return [...weeks]
    .filter(([, { count }]) => count > WEEK_DAYS / 2)
    .map(([number, { sum, count }]) => ({ number, sum: sum / Math.sqrt(count) }))
}

/**
 * Variance of a day of a long sum: that of weeks, times (1 + ρ) / (1 − ρ) for the correlation ρ of one with the next. A
 * correlation of residuals is too small by (terms + 3 ρ) / weeks, and is put right (Marriott and Pope for one term).
 */
function weekNoise(weeks: readonly Week[], terms: number): number {
  let [squares, products] = [0, 0]
  for (const [i, { number, sum }] of weeks.entries()) {
    const before = weeks[i - 1]
    squares += sum * sum
    if (before && before.number === number - 1) products += sum * before.sum
  }
  if (squares === 0) return 0
  const measured = ((products / squares) * weeks.length + terms) / (weeks.length - 3)
  const rho = Math.min(WEEK_CORRELATION.max, Math.max(WEEK_CORRELATION.min, measured))
  return ((squares / (weeks.length - terms)) * (1 + rho)) / (1 - rho)
}
