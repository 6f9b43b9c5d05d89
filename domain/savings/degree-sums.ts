// Sums of degree days at a balance point, as the candidate search needs them (docs/rules/savings.md#candidates). Days
// are sorted by temperature once and summed up from both ends, so a balance point takes a few operations, not a pass.

import { coolingDegrees, heatingDegrees } from './usage-model.ts'

/** What is fitted: one entry a day, or a billing period. */
export interface FitSample {
  /** Amount a day. */
  use: Float64Array
  /** Mean temperatures of the days of each entry: one for a day. */
  temperatures: readonly Float64Array[] | Float64Array
  /** Days of each entry, its weight; absent when each is one day. */
  days?: Float64Array
}

export type DegreeSide = 'heating' | 'cooling'

/** A series of degree days d of entries with weight w and use y. */
export interface DegreeColumn {
  balance: number
  /** Σ w d. */
  total: number
  /** Entries above zero. */
  nonZero: number
  mean: number
  /** Σ w (d − mean)². */
  sxx: number
  /** Σ w (d − mean) (y − mean of y). */
  sxy: number
  /** The series itself, where entries have more than one day. */
  values: Float64Array | null
}

export interface DegreeSums {
  /** Σ w. */
  weight: number
  /** Weighted mean of the use, and Σ w (y − mean)². */
  mean: number
  syy: number
  column(side: DegreeSide, balance: number): DegreeColumn
}

export const degreeSums = (sample: FitSample): DegreeSums =>
  sample.temperatures instanceof Float64Array
    ? new SortedDays(sample.use, sample.temperatures)
    : new Periods(sample, sample.temperatures)

/** Running sums over the k coldest (or warmest) days, of temperature t and use y about their means. */
interface Running {
  /** Σ t, Σ t², Σ y, Σ t y for k = 0 … n. */
  t: Float64Array
  tt: Float64Array
  y: Float64Array
  ty: Float64Array
}

class SortedDays implements DegreeSums {
  readonly weight: number
  readonly mean: number
  readonly syy: number
  readonly #sorted: Float64Array
  readonly #center: number
  readonly #cold: Running
  readonly #warm: Running

  constructor(use: Float64Array, temperatures: Float64Array) {
    const n = use.length
    this.weight = n
    this.mean = use.reduce((sum, value) => sum + value, 0) / n
    this.syy = use.reduce((sum, value) => sum + (value - this.mean) ** 2, 0)
    this.#center = temperatures.reduce((sum, value) => sum + value, 0) / n
    const order = Uint32Array.from(use.keys()).sort((a, b) => (temperatures[a] as number) - (temperatures[b] as number))
    this.#sorted = Float64Array.from(order, (index) => temperatures[index] as number)
    const about = { temperatures, use, center: this.#center, mean: this.mean }
    this.#cold = running(order, about)
    this.#warm = running(order.toReversed(), about)
  }

  column(side: DegreeSide, balance: number): DegreeColumn {
    const isHeating = side === 'heating'
    const k = isHeating ? this.#below(balance) : this.weight - this.#upTo(balance)
    const { t, tt, y, ty } = isHeating ? this.#cold : this.#warm
    const at = balance - this.#center
    const sign = isHeating ? 1 : -1
    // Degree days are sign · (at − t) on these k days and 0 on the others.
    const total = sign * (k * at - (t[k] as number))
    const squares = k * at * at - 2 * at * (t[k] as number) + (tt[k] as number)
    const mean = total / this.weight
    const sxy = sign * (at * (y[k] as number) - (ty[k] as number))
    return { balance, total, nonZero: k, mean, sxx: squares - total * mean, sxy, values: null }
  }

  /** Days colder than the balance point. */
  #below(balance: number): number {
    return this.#search((temperature) => temperature < balance)
  }

  /** Days not warmer than the balance point. */
  #upTo(balance: number): number {
    return this.#search((temperature) => temperature <= balance)
  }

  #search(isBefore: (temperature: number) => boolean): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(this.#sorted[middle] as number)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function running(
  order: Uint32Array,
  about: { temperatures: Float64Array; use: Float64Array; center: number; mean: number },
): Running {
  const n = order.length
  const sums = { t: new Float64Array(n + 1), tt: new Float64Array(n + 1), y: new Float64Array(n + 1) }
  const ty = new Float64Array(n + 1)
  for (let k = 0; k < n; k++) {
    const index = order[k] as number
    const t = (about.temperatures[index] as number) - about.center
    const y = (about.use[index] as number) - about.mean
    sums.t[k + 1] = (sums.t[k] as number) + t
    sums.tt[k + 1] = (sums.tt[k] as number) + t * t
    sums.y[k + 1] = (sums.y[k] as number) + y
    ty[k + 1] = (ty[k] as number) + t * y
  }
  return { ...sums, ty }
}

/** Entries of several days: a dozen, so each balance point is a pass over their days. */
class Periods implements DegreeSums {
  readonly weight: number
  readonly mean: number
  readonly syy: number
  readonly #use: Float64Array
  readonly #days: Float64Array
  readonly #temperatures: readonly Float64Array[]

  constructor({ use, days }: FitSample, temperatures: readonly Float64Array[]) {
    this.#use = use
    this.#days = days ?? new Float64Array(use.length).fill(1)
    this.#temperatures = temperatures
    this.weight = this.#days.reduce((sum, count) => sum + count, 0)
    this.mean = this.#weighted(use) / this.weight
    this.syy = this.#weighted(use.map((value) => (value - this.mean) ** 2))
  }

  column(side: DegreeSide, balance: number): DegreeColumn {
    const degrees = side === 'heating' ? heatingDegrees : coolingDegrees
    const values = Float64Array.from(
      this.#temperatures,
      (days) => days.reduce((sum, temperature) => sum + degrees(temperature, balance), 0) / days.length,
    )
    const total = this.#weighted(values)
    const mean = total / this.weight
    const sxx = this.#weighted(values.map((value) => (value - mean) ** 2))
    const sxy = this.#weighted(values.map((value, i) => (value - mean) * ((this.#use[i] as number) - this.mean)))
    return { balance, total, nonZero: values.filter((value) => value > 0).length, mean, sxx, sxy, values }
  }

  #weighted(values: Float64Array): number {
    return values.reduce((sum, value, i) => sum + value * (this.#days[i] as number), 0)
  }
}
