// Fuels by bill: kilograms by carrier, their energy by either coefficient set, and their CO2. What a table has no row
// for is counted apart in kilograms and named, never taken as nothing.

import { CARRIERS, FUEL_CARRIERS, type FuelCarrier } from '../medium.ts'
import type { CoefficientSet } from '../standards/coefficients.ts'
import { type BilledAmount, type BillProblem, billId, isFuel } from './bill.ts'
import { factorName, type StandardsInForce } from './conversion.ts'
import type { SubjectMonth } from './subject-month.ts'

/** The field of a month that holds a fuel's kilograms. */
export const fuelField = (carrier: FuelCarrier) => CARRIERS[carrier].field
type FuelField = ReturnType<typeof fuelField>

export interface Fuels {
  kg: Record<FuelField, number>
  /** By the statistics set. */
  kgce: number
  /** Of it, transport. */
  transportKgce: number
  /** By the quota set; the three parts are parts of it. */
  quotaKgce: number
  purposeQuotaKgce: { heating: number; special: number; transport: number }
  co2Kg: number
  /** Kilograms that a table has no row for: what the sums above leave out. */
  unconverted: Pick<SubjectMonth, 'fuelKgWithoutCoefficient' | 'fuelKgWithoutQuotaCoefficient' | 'fuelKgWithoutCo2'>
  problems: BillProblem[]
}

/** Adds up fuel bills (kg), in the order given. */
export function fuelsOf(billed: readonly BilledAmount[], sets: StandardsInForce): Fuels {
  const fuels: Fuels = {
    kg: Object.fromEntries(FUEL_CARRIERS.map((carrier) => [fuelField(carrier), 0])) as Fuels['kg'],
    kgce: 0,
    transportKgce: 0,
    quotaKgce: 0,
    purposeQuotaKgce: { heating: 0, special: 0, transport: 0 },
    co2Kg: 0,
    unconverted: { fuelKgWithoutCoefficient: 0, fuelKgWithoutQuotaCoefficient: 0, fuelKgWithoutCo2: 0 },
    problems: [],
  }
  for (const { bill, amount } of billed) {
    if (!isFuel(bill.carrier)) continue
    const { carrier, purpose } = bill
    const name = (reason: string) => fuels.problems.push({ record: billId(bill), field: 'carrier', reason })
    fuels.kg[fuelField(carrier)] += amount

    const kgce = coefficientIn(sets.statistics, carrier)
    if (kgce === undefined) {
      fuels.unconverted.fuelKgWithoutCoefficient += amount
      name(`${sets.statistics.name} has no coefficient for ${carrier}; its energy is unknown`)
    } else {
      fuels.kgce += amount * kgce
      if (purpose === 'transport') fuels.transportKgce += amount * kgce
    }

    const quotaKgce = coefficientIn(sets.quota, carrier)
    if (quotaKgce === undefined) {
      fuels.unconverted.fuelKgWithoutQuotaCoefficient += amount
      name(`${sets.quota.name} has no coefficient for ${carrier}; quota indicators of energy stay unknown`)
    } else {
      fuels.quotaKgce += amount * quotaKgce
      if (purpose !== undefined) fuels.purposeQuotaKgce[purpose] += amount * quotaKgce
    }

    const factor = sets.fuelCo2[carrier]
    if (factor === undefined) {
      fuels.unconverted.fuelKgWithoutCo2 += amount
      name(`no CO2 factor for ${carrier} is known; its emission is left out`)
    } else fuels.co2Kg += amount * factor.value
  }
  return fuels
}

const coefficientIn = (set: CoefficientSet, carrier: FuelCarrier): number | undefined =>
  set.rows.find((row) => row.carrier === carrier)?.value

/** The factor of each fuel that was burnt in the months, each once; one without a factor is said to have none. */
export function burntFactorNames(months: readonly { part: SubjectMonth; sets: StandardsInForce }[]): string[] {
  const names = months.flatMap(({ part, sets }) =>
    FUEL_CARRIERS.filter((carrier) => part[fuelField(carrier)] !== 0).map((carrier) => {
      const factor = sets.fuelCo2[carrier]
      return factor ? `${carrier} ${factorName(factor)}` : `${carrier} 无排放因子 (no factor: lower bound)`
    }),
  )
  return [...new Set(names)]
}
