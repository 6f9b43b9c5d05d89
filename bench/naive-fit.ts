// The candidate search done naively: for each candidate its degree days, its normal equations over all days, and a pass
// for the residuals. The reference of `bench/fit.ts` and of the tests, by the rules and not by the code of the search.

import type { FitSettings } from '../domain/savings/fit-settings.ts'

export interface NaiveCandidate {
  balanceHdd: number | null
  balanceCdd: number | null
  /** Intercept and slopes, heating first; null when not attempted. */
  coefficients: number[] | null
  r2Adj: number
  qualifies: boolean
}

export interface NaiveSample {
  use: Float64Array
  /** Degree days of each entry by balance point. */
  hdd(balance: number): Float64Array
  cdd(balance: number): Float64Array
  weights: Float64Array
}

export function naiveSearch(sample: NaiveSample, settings: FitSettings): NaiveCandidate[] {
  const found = [fitted(sample, settings, {})]
  for (const balanceHdd of settings.balances) found.push(fitted(sample, settings, { balanceHdd }))
  if (!settings.fitsCooling) return found
  for (const balanceCdd of settings.balances) found.push(fitted(sample, settings, { balanceCdd }))
  for (const balanceCdd of settings.balances)
    for (const balanceHdd of settings.balances)
      if (balanceHdd <= balanceCdd) found.push(fitted(sample, settings, { balanceHdd, balanceCdd }))
  return found
}

/** The first of the best. */
export function naiveBest(candidates: readonly NaiveCandidate[]): NaiveCandidate | undefined {
  let best: NaiveCandidate | undefined
  for (const candidate of candidates)
    if (candidate.qualifies && (!best || candidate.r2Adj > best.r2Adj + 1e-12)) best = candidate
  return best
}

function fitted(
  sample: NaiveSample,
  settings: FitSettings,
  { balanceHdd, balanceCdd }: { balanceHdd?: number; balanceCdd?: number },
): NaiveCandidate {
  const columns = [
    ...(balanceHdd === undefined ? [] : [sample.hdd(balanceHdd)]),
    ...(balanceCdd === undefined ? [] : [sample.cdd(balanceCdd)]),
  ]
  const balances = { balanceHdd: balanceHdd ?? null, balanceCdd: balanceCdd ?? null }
  const { use, weights } = sample
  const enough = columns.every((column) => {
    const total = column.reduce((sum, value, i) => sum + value * (weights[i] as number), 0)
    const nonZero = column.reduce((count, value) => count + (value > 0 ? 1 : 0), 0)
    return total >= settings.degreeDaysMin && nonZero >= settings.nonZeroDaysMin
  })
  const coefficients = enough ? solve(columns, use, weights) : null
  if (!coefficients) return { ...balances, coefficients: null, r2Adj: Number.NaN, qualifies: false }
  const weight = weights.reduce((sum, value) => sum + value, 0)
  const mean = use.reduce((sum, value, i) => sum + value * (weights[i] as number), 0) / weight
  let residual = 0
  let total = 0
  for (let i = 0; i < use.length; i++) {
    const predicted = columns.reduce(
      (sum, column, k) => sum + (coefficients[k + 1] as number) * (column[i] as number),
      coefficients[0] as number,
    )
    residual += (weights[i] as number) * ((use[i] as number) - predicted) ** 2
    total += (weights[i] as number) * ((use[i] as number) - mean) ** 2
  }
  const degrees = use.length - columns.length - 1
  const r2Adj = columns.length === 0 || total === 0 ? 0 : 1 - residual / degrees / (total / (use.length - 1))
  return { ...balances, coefficients, r2Adj, qualifies: coefficients.every((value) => value >= 0) }
}

/** Modified Gram–Schmidt on the weighted columns: no normal equations, so nothing of the fast search is repeated. */
function solve(columns: readonly Float64Array[], use: Float64Array, weights: Float64Array): number[] | null {
  const roots = weights.map(Math.sqrt)
  const basis = [roots.slice(), ...columns.map((column) => column.map((value, i) => value * (roots[i] as number)))]
  const target = use.map((value, i) => value * (roots[i] as number))
  const upper: number[][] = []
  const projected: number[] = []
  for (const [k, column] of basis.entries()) {
    const before = Math.sqrt(dot(column, column))
    for (let j = 0; j < k; j++) {
      const other = basis[j] as Float64Array
      const share = dot(other, column)
      ;(upper[j] as number[])[k] = share
      for (let i = 0; i < column.length; i++) column[i] = (column[i] as number) - share * (other[i] as number)
    }
    const length = Math.sqrt(dot(column, column))
    if (!(length > 1e-9 * before)) return null
    upper[k] = []
    ;(upper[k] as number[])[k] = length
    for (let i = 0; i < column.length; i++) column[i] = (column[i] as number) / length
    const share = dot(column, target)
    projected[k] = share
    for (let i = 0; i < column.length; i++) target[i] = (target[i] as number) - share * (column[i] as number)
  }
  const solution: number[] = []
  for (let k = basis.length - 1; k >= 0; k--) {
    let value = projected[k] as number
    for (let j = k + 1; j < basis.length; j++) value -= ((upper[k] as number[])[j] as number) * (solution[j] as number)
    solution[k] = value / ((upper[k] as number[])[k] as number)
  }
  return solution
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
