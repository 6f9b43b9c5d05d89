// The baseline of a contract: fitted once, stored with the days that it was fitted on, and signed. Settlements predict
// from what is stored, so that late data of the baseline year change nothing that was signed
// (docs/rules/contracts.md#baseline).

import * as z from 'zod'
import { dateStartMs, dayLabel, dayOf } from '../calendar.ts'
import { type Phrase, phraseOf } from '../phrase.ts'
import { type DayValues, valueOn } from '../savings/day-values.ts'
import { fitMeter } from '../savings/fit-meter.ts'
import { dailySettings, FIT_MEDIA } from '../savings/fit-settings.ts'
import type { DayRange } from '../savings/metered-savings.ts'
import { savingsHalfWidth } from '../savings/savings-interval.ts'
import { BASELINE_DAYS } from '../savings/sufficiency.ts'
import { predictDay } from '../savings/usage-model.ts'
import { type WaterBaseline, type WaterDayType, waterBaseline, waterSavings } from '../savings/water-baseline.ts'
import { YEAR_BASELINE_RULES, yearBaseline } from '../savings/year-baseline.ts'
import type { ContractTerms } from './terms.ts'

/** What a baseline and its settlements are made from. NaN = not known. */
export interface ContractSeries {
  /** Use of the boundary less that of excluded meters. */
  use: DayValues
  /** °C; empty where the baseline does not follow the weather. */
  temperature: DayValues
  people(day: number): number
  dayType(day: number): WaterDayType
  /** Yuan a unit; null where no price is known. */
  priceOn(day: number): number | null
}

const days = z.array(z.number().nullable())
const modelSchema = z.object({
  kind: z.enum(['intercept_only', 'hdd_only', 'cdd_only', 'cdd_hdd']),
  intercept: z.number(),
  betaHdd: z.number().nullable(),
  balanceHdd: z.number().nullable(),
  betaCdd: z.number().nullable(),
  balanceCdd: z.number().nullable(),
})
const rateSchema = z.object({
  type: z.enum(['working', 'rest', 'holiday']),
  mean: z.number(),
  variance: z.number(),
  days: z.number(),
})

/** `detailZh`: absent of a baseline that was built before it was there. */
const findingSchema = z.object({ code: z.string(), detail: z.string(), detailZh: z.string().optional() })

export const contractBaselineSchema = z.object({
  builtMs: z.number(),
  method: z.enum(['weather', 'people', 'years']),
  /** Why there is no baseline; empty where there is one. */
  disqualified: z.array(findingSchema),
  /** What asks for a look. */
  flags: z.array(findingSchema),
  station: z
    .object({
      id: z.string(),
      /** Null: the area has no coordinates, and the terms name the station. */
      distanceKm: z.number().nullable(),
      isOtherZone: z.boolean(),
      isFar: z.boolean(),
    })
    .nullable(),
  firstDay: z.number(),
  use: days,
  temperature: days,
  /** Days that the model was fitted on. */
  fitted: z.array(z.number()),
  model: modelSchema.nullable(),
  r2Adj: z.number().nullable(),
  cvRmse: z.number().nullable(),
  nmbe: z.number().nullable(),
  rates: z.array(rateSchema),
  /** A year by the domestic rule, where its totals are stated: the baseline itself, or beside it. */
  amountPerYear: z.number().nullable(),
  /** The sum of the known days of the baseline. */
  measuredPerYear: z.number().nullable(),
  /** Of the whole institution in the twelve months before the contract; null where they are not known. */
  intensity: z
    .object({
      isHeatBilledByArea: z.boolean(),
      nonHeatingKgcePerM2: z.number(),
      comprehensiveKgcePerM2: z.number(),
      compared: z.enum(['nonHeating', 'comprehensive']),
    })
    .nullable(),
})
export type ContractBaseline = z.infer<typeof contractBaselineSchema>

type Built = Omit<ContractBaseline, 'builtMs' | 'station' | 'intensity'>

const EMPTY = {
  ...{ disqualified: [], flags: [], model: null, r2Adj: null, cvRmse: null, nmbe: null, rates: [], fitted: [] },
  amountPerYear: null,
}

/** The days of the baseline: the 365 before its end by the weather, all of them else. */
export function baselineRange({ baseline }: Pick<ContractTerms, 'baseline'>): DayRange {
  const endDay = dayOf(dateStartMs(baseline.to))
  const firstDay = dayOf(dateStartMs(baseline.from))
  return { firstDay: baseline.method.kind === 'weather' ? endDay - BASELINE_DAYS : firstDay, endDay }
}

/** A baseline that is not disqualified has a model, rates or an amount. */
export function buildBaseline(terms: ContractTerms, series: ContractSeries): Built {
  const { method } = terms.baseline
  const range = baselineRange(terms)
  const kept = {
    firstDay: range.firstDay,
    use: daysIn(series.use, range),
    temperature: method.kind === 'weather' ? daysIn(series.temperature, range) : [],
    measuredPerYear: sumOf(series.use, range),
    amountPerYear: terms.baseline.compare ? byYears(terms.baseline.compare).amount : null,
  }
  if (method.kind === 'weather') return { ...EMPTY, ...kept, method: 'weather', ...fitted(terms, series, range.endDay) }
  if (method.kind === 'people') return { ...EMPTY, ...kept, method: 'people', ...ratesOf(series, range) }
  const { amount, found } = byYears(method)
  return {
    ...{ ...EMPTY, ...kept, method: 'years' as const, amountPerYear: amount },
    ...(amount === null ? { disqualified: found } : { flags: found }),
  }
}

function byYears({ rule: asked, totals }: { rule: string; totals: readonly number[] }) {
  const rule = YEAR_BASELINE_RULES.find(({ id }) => id === asked) ?? YEAR_BASELINE_RULES[0]
  const { amount, flags } = yearBaseline(totals, rule)
  const detail = `the totals ${totals.join(', ')} by ${rule.source}`
  const detailZh = `三年合计 ${totals.join('、')}，依据 ${rule.source}`
  return { amount, found: flags.map((code) => ({ code, detail, detailZh })) }
}

function fitted({ medium }: ContractTerms, { use, temperature }: ContractSeries, baselineEndDay: number) {
  const { fitsCooling } = FIT_MEDIA[medium === 'water' ? 'gas' : medium]
  const fit = fitMeter({ use, temperature }, { baselineEndDay }, { ...dailySettings('C'), fitsCooling })
  return {
    ...{ disqualified: [...fit.disqualified], flags: [...fit.flags], model: fit.model, r2Adj: fit.r2Adj },
    cvRmse: fit.statistics?.cvRmse ?? null,
    nmbe: fit.statistics?.nmbe ?? null,
    fitted: [...fit.baseline.days],
  }
}

function ratesOf(series: ContractSeries, range: DayRange) {
  const { rates, disqualified, knownShare } = waterBaseline(series, range)
  const known = `${(100 * knownShare).toFixed(1)} %`
  const [detail, detailZh] = [`${known} of the days are known`, `已知 ${known} 的日子`]
  return {
    rates: [...rates].map(([type, rate]) => ({ type, ...rate })),
    disqualified: disqualified ? [{ code: disqualified, detail, detailZh }] : [],
  }
}

/** What the model of a stored baseline says at a temperature; null without a model, or without the temperature. */
export const predictDayOf = ({ model }: Pick<ContractBaseline, 'model'>, degrees: number | null): number | null =>
  model && degrees !== null ? predictDay(model, degrees) : null

/** What a baseline says of the days of a settlement. */
export interface Prediction {
  /** NaN where it cannot say. */
  on(day: number): number
  /** Half the width of the interval of the savings of days; null where the method has none. */
  halfWidth(counted: readonly number[]): number | null
}

export function predictionOf(
  baseline: ContractBaseline,
  series: ContractSeries,
  { confidence }: { confidence: number },
): Prediction {
  const { model, firstDay, rates, amountPerYear } = baseline
  if (baseline.method === 'weather' && model) {
    const temperature = joined(baseline.temperature, firstDay, series.temperature)
    const use = joined(baseline.use, firstDay, series.use)
    return {
      on: (day) => predictDay(model, valueOn(temperature, day)),
      halfWidth(counted) {
        const asked = { model, use, temperature, baseline: baseline.fitted, reporting: counted, confidence }
        return finiteOrNull(savingsHalfWidth(asked))
      },
    }
  }
  if (baseline.method === 'people') {
    const byType: WaterBaseline['rates'] = new Map(rates.map(({ type, ...rate }) => [type, rate]))
    const water = { rates: byType, knownShare: 1, disqualified: null }
    return {
      on: (day) => (byType.get(series.dayType(day))?.mean ?? Number.NaN) * series.people(day),
      halfWidth(counted) {
        const only = onlyDays(series.use, counted)
        const range = { firstDay: only.firstDay, endDay: only.firstDay + only.values.length }
        const found = waterSavings(water, { ...series, use: only }, range, confidence)
        return found && finiteOrNull(found.bandM3)
      },
    }
  }
  return { on: () => (amountPerYear ?? Number.NaN) / BASELINE_DAYS, halfWidth: () => null }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

const daysIn = (series: DayValues, { firstDay, endDay }: DayRange): (number | null)[] =>
  Array.from({ length: endDay - firstDay }, (_, index) => finiteOrNull(valueOn(series, firstDay + index)))

const sumOf = (series: DayValues, range: DayRange): number | null => {
  const known = daysIn(series, range).filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

/** The stored days of the baseline, and those of a series on all others. */
function joined(stored: readonly (number | null)[], storedFirst: number, { firstDay, values }: DayValues): DayValues {
  const first = Math.min(firstDay, storedFirst)
  const end = Math.max(firstDay + values.length, storedFirst + stored.length)
  const all = new Float64Array(end - first).fill(Number.NaN)
  all.set(values, firstDay - first)
  for (const [index, value] of stored.entries()) all[storedFirst + index - first] = value ?? Number.NaN
  return { firstDay: first, values: all }
}

function onlyDays(series: DayValues, counted: readonly number[]): DayValues {
  const firstDay = counted[0] ?? 0
  const values = new Float64Array((counted.at(-1) ?? firstDay) - firstDay + 1).fill(Number.NaN)
  for (const day of counted) values[day - firstDay] = valueOn(series, day)
  return { firstDay, values }
}

/** One line of a problem: what the baseline lacks. */
export function baselineLacks({ disqualified, firstDay }: ContractBaseline): Phrase {
  const en = disqualified.map(({ code, detail }) => `${code} (${detail})`).join('; ')
  const zh = disqualified.map(({ code, detail, detailZh = detail }) => `${code}（${detailZh}）`).join('；')
  const first = dayLabel(firstDay)
  return phraseOf(`自 ${first} 起的基准数据不足：${zh}`, `the baseline from ${first} does not suffice: ${en}`)
}
