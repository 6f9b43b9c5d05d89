// The day-type term: an office that closes at weekends has two levels for one temperature. Each type of day has its own
// intercept beside the slopes of the CalTRACK model (docs/rules/savings.md#day-types); an option, whose gain is stated.

import { must } from '../must.ts'
import { NormalEquations } from './normal-equations.ts'
import { coolingDegrees, heatingDegrees, predictDay, slopeCount, type UsageModel } from './usage-model.ts'

export interface DayTypeFit {
  /** The model with the intercept of the first type. */
  model: UsageModel
  /** What each type adds to the intercept; 0 for the first. */
  offsets: number[]
  r2Adj: number
  /** rmse with and without the term, by CalTRACK's divisor n − c. */
  rmse: number
  rmseWithout: number
  /** 1 − rmse / rmseWithout. */
  gain: number
}

/**
 * Fits the term on the days of a model whose balance points stay. `types`: 0, 1, … of each day, without a hole. Null
 * when the slopes or an intercept would become negative, or the days do not suffice.
 */
export function fitDayTypes(
  model: UsageModel,
  { use, temperatures, types }: { use: Float64Array; temperatures: Float64Array; types: readonly number[] },
): DayTypeFit | null {
  const count = Math.max(...types) + 1
  const slopes = slopeCount(model)
  const size = slopes + count
  const n = use.length
  if (n <= size) return null
  const equations = new NormalEquations(size)
  const mean = use.reduce((sum, value) => sum + value, 0) / n
  const rows = Array.from(use, (value, i) => {
    const terms = termsOf(model, temperatures[i] as number, { size, type: must(types[i]) })
    equations.add(terms, value - mean)
    return terms
  })
  const factor = equations.factorise()
  if (factor.rank < size) return null
  const solved = factor.solve()
  const levels = [...solved.subarray(slopes)].map((level) => level + mean)
  if (levels.some((level) => level < 0) || solved.subarray(0, slopes).some((slope) => slope < 0)) return null
  let [residual, total, without] = [0, 0, 0]
  for (const [i, terms] of rows.entries()) {
    const value = use[i] as number
    const predicted = mean + terms.reduce((sum, term, k) => sum + term * (solved[k] as number), 0)
    residual += (value - predicted) ** 2
    total += (value - mean) ** 2
    without += (value - predictDay(model, temperatures[i] as number)) ** 2
  }
  const terms = size - 1
  const rmse = Math.sqrt(residual / (n - terms))
  const rmseWithout = Math.sqrt(without / (n - slopes))
  const intercept = must(levels[0])
  const own = [...solved.subarray(0, slopes)]
  const betaHdd = model.betaHdd === null ? null : must(own.shift())
  const betaCdd = model.betaCdd === null ? null : must(own.shift())
  return {
    model: { ...model, intercept, betaHdd, betaCdd },
    offsets: levels.map((level) => level - intercept),
    r2Adj: total > 0 ? 1 - ((residual / total) * (n - 1)) / (n - terms - 1) : 0,
    ...{ rmse, rmseWithout, gain: rmseWithout > 0 ? 1 - rmse / rmseWithout : 0 },
  }
}

/** Type 1 for Saturdays and Sundays, 0 for other days; days count from a Thursday. */
export const weekendType = (day: number): number => ((day + 3) % 7 >= 5 ? 1 : 0)

/** Use of a day of this type. */
export const predictTypedDay = ({ model, offsets }: DayTypeFit, temperature: number, type: number): number =>
  predictDay(model, temperature) + (offsets[type] ?? 0)

function termsOf(
  { betaHdd, balanceHdd, betaCdd, balanceCdd }: UsageModel,
  temperature: number,
  { size, type }: { size: number; type: number },
): Float64Array {
  const terms = new Float64Array(size)
  let at = 0
  if (betaHdd !== null && balanceHdd !== null) terms[at++] = heatingDegrees(temperature, balanceHdd)
  if (betaCdd !== null && balanceCdd !== null) terms[at++] = coolingDegrees(temperature, balanceCdd)
  terms[at + type] = 1
  return terms
}
