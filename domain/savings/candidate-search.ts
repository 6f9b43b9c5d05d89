// The candidate search of CalTRACK 3.2–3.4: every allowed pair of balance points by least squares, the highest adjusted
// R² wins (docs/rules/savings.md#candidates). Sums are taken once a balance point, so a pair costs the same however
// many days there are; `bench/fit.ts` holds it against the search that fits each candidate anew.

import { must } from '../must.ts'
import { type DegreeColumn, type DegreeSide, type DegreeSums, degreeSums, type FitSample } from './degree-sums.ts'
import type { FitSettings } from './fit-settings.ts'
import { tTwoSided } from './student-t.ts'
import type { UsageModel, UsageModelKind } from './usage-model.ts'

export type CandidateStatus = 'qualified' | 'disqualified' | 'notAttempted'

export interface CandidateFit {
  model: UsageModel
  r2: number
  r2Adj: number
}

export interface Candidate {
  kind: UsageModelKind
  status: CandidateStatus
  balanceHdd: number | null
  balanceCdd: number | null
  /** Null when not attempted. */
  fit: CandidateFit | null
}

export interface CandidateSearch {
  best: CandidateFit | null
  /** All candidates, attempted or not. */
  count: number
  byStatus: Record<CandidateStatus, number>
}

/** Two candidates that differ by less are equal but for rounding, and the first one wins. */
const R2_TIE = 1e-12
/** A pair of series whose correlation² is nearer to 1 has no slopes of its own. */
const COLLINEAR = 1e-12

/** A series, and whether it has enough degree days for a candidate. */
interface Column extends DegreeColumn {
  isEnough: boolean
}

/**
 * Fits every candidate in the order intercept, heating, cooling, both (by cooling, then heating balance point).
 * `visit` sees each. The sample must have at least one entry.
 */
export function searchCandidates(
  sample: FitSample,
  settings: FitSettings,
  visit?: (candidate: Candidate) => void,
): CandidateSearch {
  const solver = new Solver(sample, settings)
  const byStatus = { qualified: 0, disqualified: 0, notAttempted: 0 }
  let best: CandidateFit | null = null
  let count = 0
  // A candidate becomes an object only when someone looks at it: thousands are made, one is kept.
  const take = (heating: Column | null, cooling: Column | null): void => {
    const status = solver.solve(heating, cooling)
    count += 1
    byStatus[status] += 1
    if (status === 'qualified' && (best === null || solver.r2Adj > best.r2Adj + R2_TIE))
      best = solver.fit(heating, cooling)
    visit?.({
      kind: kindOf(heating, cooling),
      status,
      balanceHdd: heating?.balance ?? null,
      balanceCdd: cooling?.balance ?? null,
      fit: status === 'notAttempted' ? null : solver.fit(heating, cooling),
    })
  }
  take(null, null)
  const heating = settings.balances.map((balance) => solver.column('heating', balance))
  for (const column of heating) take(column, null)
  if (settings.fitsCooling) {
    const cooling = settings.balances.map((balance) => solver.column('cooling', balance))
    for (const column of cooling) take(null, column)
    for (const c of cooling) for (const h of heating) if (h.balance <= c.balance) take(h, c)
  }
  return { best, count, byStatus }
}

const kindOf = (heating: Column | null, cooling: Column | null): UsageModelKind => {
  if (heating) return cooling ? 'cdd_hdd' : 'hdd_only'
  return cooling ? 'cdd_only' : 'intercept_only'
}

/** Solves one candidate at a time; the last solution stands in its fields. */
class Solver {
  intercept = 0
  betaHdd = 0
  betaCdd = 0
  r2 = 0
  r2Adj = 0
  readonly #sample: FitSample
  readonly #settings: FitSettings
  readonly #n: number
  readonly #sums: DegreeSums

  constructor(sample: FitSample, settings: FitSettings) {
    this.#sample = sample
    this.#settings = settings
    this.#n = sample.use.length
    this.#sums = degreeSums(sample)
  }

  column(side: DegreeSide, balance: number): Column {
    const column = this.#sums.column(side, balance)
    const { degreeDaysMin, nonZeroDaysMin } = this.#settings
    const isEnough = column.total >= degreeDaysMin && column.nonZero >= nonZeroDaysMin && column.sxx > 0
    return { ...column, isEnough }
  }

  solve(heating: Column | null, cooling: Column | null): CandidateStatus {
    this.betaHdd = 0
    this.betaCdd = 0
    if (!heating && !cooling) return this.#flat()
    const slopes = heating && cooling ? 2 : 1
    if (heating?.isEnough === false || cooling?.isEnough === false || this.#n <= slopes + 1) return 'notAttempted'
    if (heating && cooling) return this.#pair(heating, cooling)
    const column = must(heating ?? cooling ?? undefined)
    const beta = column.sxy / column.sxx
    if (heating) this.betaHdd = beta
    else this.betaCdd = beta
    this.intercept = this.#sums.mean - beta * column.mean
    const residual = this.#judge(beta * column.sxy, 1)
    return this.#status(1, residual, 1 / column.sxx, 1 / column.sxx)
  }

  /** The last solution as an object. */
  fit(heating: Column | null, cooling: Column | null): CandidateFit {
    const model: UsageModel = {
      kind: kindOf(heating, cooling),
      intercept: this.intercept,
      betaHdd: heating ? this.betaHdd : null,
      balanceHdd: heating?.balance ?? null,
      betaCdd: cooling ? this.betaCdd : null,
      balanceCdd: cooling?.balance ?? null,
    }
    return { model, r2: this.r2, r2Adj: this.r2Adj }
  }

  /** Adjusted R² is 0 by definition (CalTRACK 3.4.3.1.4). */
  #flat(): CandidateStatus {
    this.intercept = this.#sums.mean
    this.r2 = 0
    this.r2Adj = 0
    return this.#sums.mean < 0 ? 'disqualified' : 'qualified'
  }

  #pair(heating: Column, cooling: Column): CandidateStatus {
    const cross = this.#cross(heating, cooling)
    const product = heating.sxx * cooling.sxx
    const determinant = product - cross * cross
    if (determinant <= COLLINEAR * product) return 'notAttempted'
    this.betaHdd = (heating.sxy * cooling.sxx - cooling.sxy * cross) / determinant
    this.betaCdd = (cooling.sxy * heating.sxx - heating.sxy * cross) / determinant
    this.intercept = this.#sums.mean - this.betaHdd * heating.mean - this.betaCdd * cooling.mean
    const residual = this.#judge(this.betaHdd * heating.sxy + this.betaCdd * cooling.sxy, 2)
    return this.#status(2, residual, cooling.sxx / determinant, heating.sxx / determinant)
  }

  /** No day heats and cools where the heating balance point is not above the cooling one; a period may. */
  #cross(heating: Column, cooling: Column): number {
    const outer = -this.#sums.weight * heating.mean * cooling.mean
    const { values } = cooling
    if (!heating.values || !values) return outer
    const { days } = this.#sample
    return heating.values.reduce((sum, value, i) => sum + value * (values[i] as number) * (days?.[i] ?? 1), outer)
  }

  /** Sets both R²; returns the variance of a residual. */
  #judge(explained: number, slopes: number): number {
    const degrees = this.#n - slopes - 1
    const residual = Math.max(0, this.#sums.syy - explained)
    this.r2 = this.#sums.syy > 0 ? 1 - residual / this.#sums.syy : 0
    this.r2Adj = this.#sums.syy > 0 ? 1 - ((residual / this.#sums.syy) * (this.#n - 1)) / degrees : 0
    return residual / degrees
  }

  /** Disqualified when a coefficient is negative, or a slope's p-value too high (CalTRACK 3.4.3.2). */
  #status(slopes: number, variance: number, inverseHdd: number, inverseCdd: number): CandidateStatus {
    if (this.intercept < 0 || this.betaHdd < 0 || this.betaCdd < 0) return 'disqualified'
    const { slopePValueMax } = this.#settings
    if (slopePValueMax >= 1) return 'qualified'
    const degrees = this.#n - slopes - 1
    const isUnsure = (beta: number, inverse: number): boolean =>
      beta !== 0 && tTwoSided(beta / Math.sqrt(variance * inverse), degrees) > slopePValueMax
    return isUnsure(this.betaHdd, inverseHdd) || isUnsure(this.betaCdd, inverseCdd) ? 'disqualified' : 'qualified'
  }
}
