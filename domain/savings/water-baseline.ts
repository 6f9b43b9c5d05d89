// Baseline of water: use a person and day by the type of the day, since water follows people and not the weather
// (docs/rules/savings.md#water).

import { type DayValues, valueOn } from './day-values.ts'
import type { DayRange, MaskedDay } from './metered-savings.ts'
import { tOfConfidence } from './student-t.ts'
import { BASELINE_DAYS } from './sufficiency.ts'
import { SAVINGS_CONFIDENCE } from './uncertainty.ts'

/** What a day is: by the calendar of the institution, 调休 included. */
export type WaterDayType = 'working' | 'rest' | 'holiday'

export interface WaterSeries {
  /** m³ a day; 0 is a value. */
  use: DayValues
  /** People of the institution on a day, above 0. */
  people: (day: number) => number
  dayType: (day: number) => WaterDayType
}

interface WaterRate {
  /** m³ a person and day. */
  mean: number
  /** Variance of the rate of a day. */
  variance: number
  days: number
}

export interface WaterBaseline {
  rates: ReadonlyMap<WaterDayType, WaterRate>
  /** Share of the baseline's days that are known. */
  knownShare: number
  disqualified: 'missingUse' | 'negativeUse' | null
}

/** As CalTRACK 2.2.1.2 asks of energy. */
const KNOWN_SHARE_MIN = 0.9
/** One day of a type says nothing of its scatter. */
const RATE_DAYS_MIN = 2

/** Rates a person and day over the baseline. */
export function waterBaseline({ use, people, dayType }: WaterSeries, { firstDay, endDay }: DayRange): WaterBaseline {
  const samples = new Map<WaterDayType, number[]>()
  let known = 0
  let isNegative = false
  for (let day = firstDay; day < endDay; day++) {
    const amount = valueOn(use, day)
    if (Number.isNaN(amount)) continue
    known += 1
    if (amount < 0) isNegative = true
    const type = dayType(day)
    samples.set(type, [...(samples.get(type) ?? []), amount / people(day)])
  }
  const knownShare = known / Math.max(endDay - firstDay, BASELINE_DAYS)
  const rates = new Map(
    [...samples].flatMap(([type, values]) => {
      if (values.length < RATE_DAYS_MIN) return []
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
      return [[type, { mean, variance, days: values.length }] as const]
    }),
  )
  const disqualified = knownShare < KNOWN_SHARE_MIN ? 'missingUse' : isNegative ? 'negativeUse' : null
  return { rates, knownShare, disqualified }
}

export interface WaterSavings {
  counterfactualM3: number
  observedM3: number
  savingsM3: number
  /**
   * Half of the interval, 90 % unless another confidence is asked for: scatter of days, and of the rates themselves.
   */
  bandM3: number
  days: number
  masked: (Omit<MaskedDay, 'reason'> & { reason: 'noUse' | 'noRate' })[]
}

/** Savings of a reporting period, at its own people and types of days. Null when the baseline is disqualified. */
export function waterSavings(
  { rates, disqualified }: WaterBaseline,
  { use, people, dayType }: WaterSeries,
  { firstDay, endDay }: DayRange,
  confidence = SAVINGS_CONFIDENCE,
): WaterSavings | null {
  if (disqualified !== null) return null
  const masked: WaterSavings['masked'] = []
  const peopleDays = new Map<WaterDayType, number>()
  let [days, counterfactualM3, observedM3, variance] = [0, 0, 0, 0]
  for (let day = firstDay; day < endDay; day++) {
    const amount = valueOn(use, day)
    const type = dayType(day)
    const rate = rates.get(type)
    if (Number.isNaN(amount) || !rate) {
      masked.push({ day, reason: rate ? 'noUse' : 'noRate' })
      continue
    }
    const count = people(day)
    days += 1
    counterfactualM3 += rate.mean * count
    observedM3 += amount
    variance += rate.variance * count * count
    peopleDays.set(type, (peopleDays.get(type) ?? 0) + count)
  }
  let degrees = 0
  for (const [type, count] of peopleDays) {
    const rate = rates.get(type)
    if (!rate) continue
    variance += (rate.variance / rate.days) * count * count
    degrees += rate.days - 1
  }
  const t = tOfConfidence(confidence, degrees)
  const bandM3 = variance === 0 ? 0 : t * Math.sqrt(variance)
  return { counterfactualM3, observedM3, savingsM3: counterfactualM3 - observedM3, bandM3, days, masked }
}
