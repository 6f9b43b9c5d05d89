// Sums fuel bills: kilograms by carrier, energy by each coefficient set, and CO2. A fuel without a row in a table is
// counted separately in kilograms and reported, never counted as zero.

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
  /** The transport part of kgce. */
  transportKgce: number
  /** By the quota set; includes the three purposes below. */
  quotaKgce: number
  purposeQuotaKgce: { heating: number; special: number; transport: number }
  co2Kg: number
  /** Kilograms that the sums above leave out, since a table has no row for the fuel. */
  unconverted: Pick<SubjectMonth, 'fuelKgWithoutCoefficient' | 'fuelKgWithoutQuotaCoefficient' | 'fuelKgWithoutCo2'>
  problems: BillProblem[]
}

/**
 * Adds up fuel bills (kg), in the order given. A litre without a density is left out as a kilogram, the most that it
 * can weigh: the sums are lower bounds.
 */
export function fuelsOf(billed: readonly BilledAmount[], sets: StandardsInForce, litresWithoutDensity = 0): Fuels {
  const fuels: Fuels = {
    kg: Object.fromEntries(FUEL_CARRIERS.map((carrier) => [fuelField(carrier), 0])) as Fuels['kg'],
    kgce: 0,
    transportKgce: 0,
    quotaKgce: 0,
    purposeQuotaKgce: { heating: 0, special: 0, transport: 0 },
    co2Kg: 0,
    unconverted: {
      fuelKgWithoutCoefficient: litresWithoutDensity,
      fuelKgWithoutQuotaCoefficient: litresWithoutDensity,
      fuelKgWithoutCo2: litresWithoutDensity,
    },
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

/** Names of the factors of all fuels burnt in the months, each once; a fuel without a factor is named as such. */
export function burntFactorNames(months: readonly { part: SubjectMonth; sets: StandardsInForce }[]): string[] {
  const names = months.flatMap(({ part, sets }) =>
    FUEL_CARRIERS.filter((carrier) => part[fuelField(carrier)] !== 0).map((carrier) => {
      const factor = sets.fuelCo2[carrier]
      const name = CARRIERS[carrier].name.zh
      return factor ? `${name} ${factorName(factor)}` : `${name} 无排放因子 (no factor: lower bound)`
    }),
  )
  return [...new Set(names)]
}
