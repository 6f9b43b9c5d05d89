// The hourly time-of-week-and-temperature model of CalTRACK 3(b): a model for each calendar month, of that month and at
// half weight of its neighbours (docs/rules/savings.md#hourly-model).

import { binTemperature, fitBinEnds, HOURS_A_WEEK, type HourSample, occupiedHours } from './hour-features.ts'
import { NormalEquations } from './normal-equations.ts'

const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1)
/** CalTRACK 3.7.5. */
const NEIGHBOUR_WEIGHT = 0.5
/** CalTRACK 2.2.1.2: over 90 % of the hours of a month and of both neighbours. */
const KNOWN_SHARE_MIN = 0.9
/** CalTRACK 3.7.5.1: |NMBE| of a month, and how many months may be above. */
const MONTH_NMBE_MAX = 0.01
const MONTHS_ABOVE_MAX = 2
/** CalTRACK 3.7.5.2. */
const RANGE_SHARE_MAX = 0.1

export interface HourlyModel {
  binEnds: number[]
  occupied: boolean[]
  /** By hour of the week; NaN for hours that the baseline lacks. */
  hours: Float64Array
  /** A °F in each bin, when unoccupied and occupied. */
  slopes: { unoccupied: Float64Array; occupied: Float64Array }
}

/** Fits one model; samples of weight 0 are left out. Null when there are none. */
export function fitHourlyModel(
  samples: readonly HourSample[],
  weightOf: (sample: HourSample) => number,
): HourlyModel | null {
  const own = samples.filter((sample) => weightOf(sample) > 0)
  if (own.length === 0) return null
  const binEnds = fitBinEnds(own.map(({ temperatureF }) => temperatureF))
  const occupied = occupiedHours(own, weightOf)
  const bins = binEnds.length + 1
  const size = HOURS_A_WEEK + 2 * bins
  const equations = new NormalEquations(size)
  const terms = new Float64Array(size)
  const seen = new Set<number>()
  for (const sample of own) {
    terms.fill(0)
    terms[sample.hourOfWeek] = 1
    const at = HOURS_A_WEEK + (occupied[sample.hourOfWeek] ? bins : 0)
    for (const [i, part] of binTemperature(sample.temperatureF, binEnds).entries()) terms[at + i] = part
    equations.add(terms, sample.use, weightOf(sample))
    seen.add(sample.hourOfWeek)
  }
  const solved = equations.factorise().solve()
  return {
    ...{ binEnds, occupied },
    hours: solved.slice(0, HOURS_A_WEEK).map((value, hour) => (seen.has(hour) ? value : Number.NaN)),
    slopes: {
      unoccupied: solved.slice(HOURS_A_WEEK, HOURS_A_WEEK + bins),
      occupied: solved.slice(HOURS_A_WEEK + bins),
    },
  }
}

/** Use of an hour; NaN for an hour of the week that the baseline lacks. */
export function predictHour(model: HourlyModel, { hourOfWeek, temperatureF }: Omit<HourSample, 'use'>): number {
  const slopes = model.occupied[hourOfWeek] ? model.slopes.occupied : model.slopes.unoccupied
  const parts = binTemperature(temperatureF, model.binEnds)
  return parts.reduce((sum, part, i) => sum + part * (slopes[i] as number), model.hours[hourOfWeek] ?? Number.NaN)
}

export interface HourlyFit {
  /** By month, 1 to 12; a month whose data do not suffice has none. */
  byMonth: ReadonlyMap<number, HourlyModel>
  missingMonths: number[]
}

/**
 * Models of the months. `hoursOf`: hours of a calendar month in the baseline year; a month is fitted when over 90 % of
 * its hours, of those of the month before and of those of the month after are among the samples.
 */
export function fitHourly(samples: readonly HourSample[], hoursOf: (month: number) => number): HourlyFit {
  const known = new Map<number, number>()
  for (const { month } of samples) known.set(month, (known.get(month) ?? 0) + 1)
  const isKnown = (month: number): boolean => (known.get(month) ?? 0) > KNOWN_SHARE_MIN * hoursOf(month)
  const byMonth = new Map<number, HourlyModel>()
  const missingMonths: number[] = []
  for (const month of MONTHS) {
    const neighbours = [before(month), after(month)]
    const weightOf = (sample: HourSample): number =>
      sample.month === month ? 1 : neighbours.includes(sample.month) ? NEIGHBOUR_WEIGHT : 0
    const model = [month, ...neighbours].every(isKnown) ? fitHourlyModel(samples, weightOf) : null
    if (model) byMonth.set(month, model)
    else missingMonths.push(month)
  }
  return { byMonth, missingMonths }
}

const before = (month: number): number => (month === 1 ? 12 : month - 1)
const after = (month: number): number => (month === 12 ? 1 : month + 1)

/** Whether one model of the year may stand for all months (CalTRACK 3.7.5.1–2). */
export function mayUseYearModel(
  model: HourlyModel,
  baseline: readonly HourSample[],
  reportingTemperaturesF: readonly number[],
): boolean {
  const biased = MONTHS.filter((month) => {
    const own = baseline.filter((sample) => sample.month === month)
    const use = own.reduce((sum, sample) => sum + sample.use, 0)
    const bias = own.reduce((sum, sample) => sum + sample.use - predictHour(model, sample), 0)
    return Math.abs(bias) > MONTH_NMBE_MAX * use
  })
  if (biased.length <= MONTHS_ABOVE_MAX) return true
  const [low, high] = extremes(baseline.map(({ temperatureF }) => temperatureF))
  const [lowest, highest] = extremes(reportingTemperaturesF)
  const room = RANGE_SHARE_MAX * (high - low)
  return lowest < low - room || highest > high + room
}

const extremes = (values: readonly number[]): [number, number] =>
  values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )

/** Savings of hours by the model of their month; hours without a model, a temperature or a use are masked. */
export function hourlySavings(
  { byMonth }: HourlyFit,
  samples: readonly HourSample[],
): { hours: number; counterfactual: number; observed: number; savings: number; masked: number } {
  let [hours, counterfactual, observed] = [0, 0, 0]
  for (const sample of samples) {
    const model = byMonth.get(sample.month)
    const predicted = model ? predictHour(model, sample) : Number.NaN
    if (Number.isNaN(predicted) || Number.isNaN(sample.use)) continue
    hours += 1
    counterfactual += predicted
    observed += sample.use
  }
  return { hours, counterfactual, observed, savings: counterfactual - observed, masked: samples.length - hours }
}
