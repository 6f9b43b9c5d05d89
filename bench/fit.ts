// How long the fit of a meter takes with all candidates, beside the search that fits each of them anew, on the same
// synthetic buildings in the same run; both must find the same. Then how often the 90 % interval of the savings holds
// what was saved (docs/rules/savings.md#coverage).

import { strict as assert } from 'node:assert'
import { must } from '../domain/must.ts'
import { type Candidate, searchCandidates } from '../domain/savings/candidate-search.ts'
import type { FitSample } from '../domain/savings/degree-sums.ts'
import { fitMeter } from '../domain/savings/fit-meter.ts'
import { billingSettings, dailySettings, type FitSettings } from '../domain/savings/fit-settings.ts'
import { coolingDegrees, heatingDegrees } from '../domain/savings/usage-model.ts'
import { type NaiveCandidate, type NaiveSample, naiveBest, naiveSearch } from './naive-fit.ts'
import {
  NOISE_KINDS,
  type NoiseKind,
  SYNTHETIC_YEAR,
  type SyntheticBuilding,
  syntheticBuilding,
} from './synthetic-building.ts'
import { type BenchRow, type CoverageRow, median, type TimeRow } from './table.ts'

const METERS = 8
const COVERAGE_BUILDINGS = 500
/** A fit with all candidates takes less (docs/rules/savings.md#candidates). */
const BAR_SECONDS = 0.01
const ROUNDS = 3
/** Reporting periods of a month and a quarter. */
const SHORT_DAYS = [30, 90]
/** A fit takes too little to be timed once. */
const REPEATS = 10
const EQUAL = 1e-9

const SETTINGS = dailySettings('C')
const BILLING = billingSettings('C')
const BILLS = 12
const PERIODS = {
  baselineEndDay: SYNTHETIC_YEAR,
  reporting: { firstDay: SYNTHETIC_YEAR, endDay: 2 * SYNTHETIC_YEAR },
}

export async function benchFit(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const count = Math.max(2, Math.round(METERS * scale))
  const buildings = Array.from({ length: count }, (_, i) => syntheticBuilding(`bench/${i}`, noiseOf(i)))
  const times = timeFits(buildings, say)
  const each = Math.max(5, Math.round(COVERAGE_BUILDINGS * scale))
  say(`fit: coverage of ${each} buildings a kind of noise`)
  return [
    times,
    ...NOISE_KINDS.map((noise) =>
      coverageOf({ what: `${noise} noise`, count: each, days: SYNTHETIC_YEAR, noise: () => noise }),
    ),
    ...SHORT_DAYS.map((days) => coverageOf({ what: `${days} days`, count: each, days, noise: noiseOf })),
  ]
}

const noiseOf = (index: number): NoiseKind => must(NOISE_KINDS[index % NOISE_KINDS.length])

function timeFits(buildings: readonly SyntheticBuilding[], say: (line: string) => void): TimeRow {
  const ours: number[] = []
  const naive: number[] = []
  let cpuSeconds = 0
  for (let round = 0; round <= ROUNDS; round++) {
    const cpuBefore = process.cpuUsage()
    const own = timed(() => {
      for (let repeat = 0; repeat < REPEATS; repeat++)
        for (const building of buildings) fitMeter(building, PERIODS, SETTINGS)
    })
    const cpu = process.cpuUsage(cpuBefore)
    const reference = timed(() => buildings.map((building) => naiveSearch(naiveSample(baselineOf(building)), SETTINGS)))
    if (round === 0) {
      // The first round warms up, and holds all candidates against one another.
      for (const [i, building] of buildings.entries()) {
        compare(baselineOf(building), must(reference.result[i]), SETTINGS)
        const bills = billsOf(building)
        compare(bills, naiveSearch(naiveSample(bills), BILLING), BILLING)
      }
      continue
    }
    ours.push(own.seconds / buildings.length / REPEATS)
    naive.push(reference.seconds / buildings.length)
    cpuSeconds += (cpu.user + cpu.system) / 1e6 / buildings.length / REPEATS / ROUNDS
    say(`fit: ${(1000 * must(ours.at(-1))).toFixed(2)} ms a meter, naive ${(1000 * must(naive.at(-1))).toFixed(2)}`)
  }
  const [seconds, reference] = [median(ours), median(naive)]
  return {
    what: 'fit of a meter, all candidates',
    ...{ seconds, rounds: ours, cpuSeconds, ratio: seconds / reference },
    reference: { what: 'each candidate fitted anew, nothing else', seconds: reference },
    bar: { seconds: BAR_SECONDS },
    more: { meters: buildings.length },
  }
}

function timed<T>(work: () => T): { result: T; seconds: number } {
  const before = performance.now()
  const result = work()
  return { result, seconds: (performance.now() - before) / 1000 }
}

const baselineOf = ({ use, temperature }: SyntheticBuilding): FitSample => ({
  use: use.values.subarray(0, SYNTHETIC_YEAR),
  temperatures: temperature.values.subarray(0, SYNTHETIC_YEAR),
})

/** Twelve bills of 28 to 35 days, of which the building's weather and use are given by the day. */
function billsOf(building: SyntheticBuilding): FitSample {
  const days = Array.from({ length: BILLS }, (_, i) => 28 + ((5 * i) % 8))
  const starts = days.map((_, i) => days.slice(0, i).reduce((sum, count) => sum + count, 0))
  const slice = (values: Float64Array): Float64Array[] =>
    starts.map((start, i) => values.slice(start, start + must(days[i])))
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    use: Float64Array.from(slice(building.use.values), mean),
    temperatures: slice(building.temperature.values),
    days: Float64Array.from(days),
  }
}

function naiveSample({ use, temperatures, days }: FitSample): NaiveSample {
  const series = (degrees: typeof heatingDegrees) => (balance: number) =>
    temperatures instanceof Float64Array
      ? temperatures.map((t) => degrees(t, balance))
      : Float64Array.from(temperatures, (part) => part.reduce((sum, t) => sum + degrees(t, balance), 0) / part.length)
  const weights = days ?? new Float64Array(use.length).fill(1)
  return { use, weights, hdd: series(heatingDegrees), cdd: series(coolingDegrees) }
}

/** Throws when the two searches differ in a candidate, a coefficient or the winner. */
function compare(sample: FitSample, naive: readonly NaiveCandidate[], settings: FitSettings): void {
  const own: Candidate[] = []
  const { best } = searchCandidates(sample, settings, (candidate) => void own.push(candidate))
  assert.equal(own.length, naive.length)
  for (const [i, { fit }] of own.entries()) {
    const other = must(naive[i])
    assert.equal(fit === null, other.coefficients === null)
    if (fit === null) continue
    assert.ok(Math.abs(fit.r2Adj - other.r2Adj) < EQUAL, `adjusted R² of candidate ${i}`)
    const { intercept, betaHdd, betaCdd } = fit.model
    for (const [k, value] of [intercept, betaHdd, betaCdd].filter((one) => one !== null).entries()) {
      const difference = Math.abs(value - must(other.coefficients?.[k]))
      assert.ok(
        difference < EQUAL * Math.max(1, Math.abs(value), Math.abs(intercept)),
        `coefficients of candidate ${i}`,
      )
    }
  }
  const winner = must(naiveBest(naive))
  assert.deepEqual([best?.model.balanceHdd, best?.model.balanceCdd], [winner.balanceHdd, winner.balanceCdd])
}

interface CoverageCase {
  what: string
  count: number
  /** Days of the reporting period. */
  days: number
  noise: (index: number) => NoiseKind
}

function coverageOf({ what, count, days, noise }: CoverageCase): CoverageRow {
  let [cases, inside, insideFsu, width] = [0, 0, 0, 0]
  const periods = { ...PERIODS, reporting: { firstDay: SYNTHETIC_YEAR, endDay: SYNTHETIC_YEAR + days } }
  for (let i = 0; i < count; i++) {
    const building = syntheticBuilding(`fit/${noise(i)}/${i}`, noise(i))
    const { reporting } = fitMeter(building, periods, SETTINGS)
    if (!reporting) continue
    const saved = building.saved.subarray(0, SYNTHETIC_YEAR + days).reduce((sum, value) => sum + value, 0)
    const error = Math.abs(reporting.savings - saved)
    cases += 1
    if (error <= reporting.halfWidth) inside += 1
    if (error <= reporting.fsuBand) insideFsu += 1
    width += reporting.halfWidth / reporting.fsuBand
  }
  return {
    what: `savings in the 90 % interval, ${what}`,
    ...{ cases, coverage: inside / cases, bar: { low: 0.87, high: 0.93 } },
    references: { fsuBand: insideFsu / cases },
    widthOverFsuBand: width / cases,
  }
}
