// Savings of a reporting period: predicted by the baseline model less observed (avoided energy use, CalTRACK 3.6), and
// those of two models in a normal year (docs/rules/savings.md#savings-of-a-period).

import { type DayValues, valueOn } from './day-values.ts'
import { predictDay, type UsageModel, usageParts } from './usage-model.ts'

/** A half-open range of days. */
export interface DayRange {
  firstDay: number
  endDay: number
}

/** A day of the reporting period that does not count: CalTRACK 3.5 masks use without temperature and the reverse. */
export interface MaskedDay {
  day: number
  reason: 'noUse' | 'noTemperature' | 'neither'
}

export interface MeteredSavings {
  /** Days that count, rising. */
  counted: number[]
  /** What the baseline model predicts for them, in all and by part. */
  counterfactual: number
  baseLoad: number
  heatingLoad: number
  coolingLoad: number
  observed: number
  /** counterfactual − observed. */
  savings: number
  masked: MaskedDay[]
}

export function meteredSavings(
  model: UsageModel,
  { use, temperature }: { use: DayValues; temperature: DayValues },
  { firstDay, endDay }: DayRange,
): MeteredSavings {
  const masked: MaskedDay[] = []
  const counted: number[] = []
  const sum = { counterfactual: 0, baseLoad: 0, heatingLoad: 0, coolingLoad: 0, observed: 0, savings: 0 }
  for (let day = firstDay; day < endDay; day++) {
    const observed = valueOn(use, day)
    const degrees = valueOn(temperature, day)
    const reason = maskOf(observed, degrees)
    if (reason) {
      masked.push({ day, reason })
      continue
    }
    const parts = usageParts(model, degrees)
    const predicted = parts.base + parts.heating + parts.cooling
    counted.push(day)
    sum.counterfactual += predicted
    sum.baseLoad += parts.base
    sum.heatingLoad += parts.heating
    sum.coolingLoad += parts.cooling
    sum.observed += observed
    sum.savings += predicted - observed
  }
  return { ...sum, counted, masked }
}

function maskOf(observed: number, degrees: number): MaskedDay['reason'] | undefined {
  if (Number.isNaN(observed)) return Number.isNaN(degrees) ? 'neither' : 'noUse'
  return Number.isNaN(degrees) ? 'noTemperature' : undefined
}

/** Savings in a normal year: what two models predict for its temperatures, days without one left out. */
export function modelledSavings(baseline: UsageModel, reporting: UsageModel, normal: DayValues): number {
  return normal.values.reduce(
    (sum, degrees) =>
      Number.isNaN(degrees) ? sum : sum + predictDay(baseline, degrees) - predictDay(reporting, degrees),
    0,
  )
}
