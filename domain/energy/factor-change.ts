// Converts CO2 to the factors of another month: a target is compared on the factors of its base, so that a new factor
// is neither a saving nor a rise (docs/rules/dual-control.md#factors-of-a-target). Months keep amounts by carrier, so
// the change follows from amounts × the difference of factors.

import type { Month } from '../calendar.ts'
import { CARRIERS, ENERGY_MEDIA, FUEL_CARRIERS, type LedgerScope } from '../medium.ts'
import { co2KgOf, factorName, type StandardsInForce } from './conversion.ts'
import { scaledDays } from './day-amounts.ts'
import { fuelField } from './fuel.ts'
import type { SubjectMonth } from './subject-month.ts'

/** Kilograms of CO2 by scope that other factors add. */
export type FactorChange = Record<LedgerScope, number>
export const NO_CHANGE: FactorChange = { direct: 0, purchasedElectricity: 0, purchasedHeat: 0 }

/** One carrier's part of a change. */
export interface CarrierChange {
  carrier: (typeof ENERGY_MEDIA)[number] | (typeof FUEL_CARRIERS)[number]
  amount: number
  inForce: string
  target: string
  /** amount × (target's factor − factor in force), kg. */
  changeKg: number
}

/** The carriers of a month whose factor differs. A fuel that one of the two cannot convert keeps its present factor. */
export function carrierChanges(
  part: SubjectMonth,
  inForce: StandardsInForce,
  target: StandardsInForce,
): CarrierChange[] {
  const media = ENERGY_MEDIA.map((carrier): CarrierChange => {
    const amount = part[CARRIERS[carrier].field]
    const changeKg = co2KgOf(carrier, amount, target.co2) - co2KgOf(carrier, amount, inForce.co2)
    return { carrier, amount, changeKg, ...namesOf(inForce.co2[carrier], target.co2[carrier]) }
  })
  const fuels = FUEL_CARRIERS.flatMap((carrier): CarrierChange[] => {
    const [now, then] = [inForce.fuelCo2[carrier], target.fuelCo2[carrier]]
    const amount = part[fuelField(carrier)]
    return now && then ? [{ carrier, amount, changeKg: amount * (then.value - now.value), ...namesOf(now, then) }] : []
  })
  return [...media, ...fuels].filter(({ changeKg }) => changeKg !== 0)
}

const namesOf = (now: Parameters<typeof factorName>[0], then: Parameters<typeof factorName>[0]) => ({
  inForce: factorName(now),
  target: factorName(then),
})

export function factorChange(part: SubjectMonth, inForce: StandardsInForce, target: StandardsInForce): FactorChange {
  const change = { ...NO_CHANGE }
  for (const { carrier, changeKg } of carrierChanges(part, inForce, target)) change[CARRIERS[carrier].scope] += changeKg
  return change
}

/** `sign` −1 subtracts. */
export const addChange = (a: FactorChange, b: FactorChange, sign: 1 | -1 = 1): FactorChange => ({
  direct: a.direct + sign * b.direct,
  purchasedElectricity: a.purchasedElectricity + sign * b.purchasedElectricity,
  purchasedHeat: a.purchasedHeat + sign * b.purchasedHeat,
})

/**
 * A month with changed CO2. Its days, and the part of the institutions with a floor area, change in the same proportion
 * as the whole.
 */
export function withChange(part: SubjectMonth, change: FactorChange): SubjectMonth {
  const changeKg = change.direct + change.purchasedElectricity + change.purchasedHeat
  if (changeKg === 0) return part
  const co2Kg = part.co2Kg + changeKg
  const ratio = part.co2Kg === 0 ? 1 : co2Kg / part.co2Kg
  return {
    ...part,
    co2Kg,
    co2DirectKg: part.co2DirectKg + change.direct,
    co2ElectricityKg: part.co2ElectricityKg + change.purchasedElectricity,
    co2HeatKg: part.co2HeatKg + change.purchasedHeat,
    co2KgWithArea: part.co2KgWithArea * ratio,
    byDay: typeof part.byDay === 'string' ? scaledDays(part.byDay, 'co2Kg', ratio) : part.byDay,
  }
}

/** The month whose factors a target means: the one that it names, else December of its base year. */
export const factorMonthOf = ({
  factorMonth,
  baseYear,
}: {
  factorMonth?: Month | undefined
  baseYear: number
}): Month => factorMonth ?? (`${baseYear}-12` as Month)
