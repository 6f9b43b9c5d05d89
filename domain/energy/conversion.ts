// Amounts to standard coal and CO2, with the coefficient set and the factors that hold on a day for an area. What was
// used is always named (docs/rules/energy-and-carbon.md#coefficient-sets). Water is not energy: it yields none and
// needs no coefficient.

import type { Month } from '../calendar.ts'
import {
  ENERGY_MEDIA,
  type EnergyCarrier,
  type EnergyMedium,
  FUEL_CARRIERS,
  type FuelCarrier,
  type Medium,
} from '../medium.ts'
import { type Co2Factor, KG_CO2_PER, NATIONAL } from '../standards/co2-factors.ts'
import type { Coefficient, CoefficientSet, SetPurpose } from '../standards/coefficients.ts'
import { type FuelFactor, fuelFactorOn } from '../standards/fuel-factors.ts'
import { SHIPPED_TABLES, type StandardTables } from '../standards/tables.ts'
import { earliestAfter, isValidOn, nearestOn, type Validity } from '../standards/validity.ts'

export type Co2Factors = Readonly<Record<EnergyMedium, Co2Factor>>

/** What is judged by on one day in one area, and its names for the result. */
export interface StandardsInForce {
  statistics: CoefficientSet
  quota: CoefficientSet
  co2: Co2Factors
  /** Of the fuels that have a factor; the emission of the others is unknown, which is no error before one is burnt. */
  fuelCo2: Readonly<Partial<Record<FuelCarrier, FuelFactor>>>
  names: StandardNames
}
export interface StandardNames {
  coefficientSet: string
  quotaSet: string
  co2Factor: string
}

export interface StandardOptions {
  /**
   * Let the earliest row also stand for days before it, and say so in the names (追溯): for data older than a standard,
   * e.g. quota energy of 2016. Without it such a day is an error.
   */
  retroactive?: boolean
  /** What is in force, when a user has imported rows over those that were shipped. */
  tables?: Pick<StandardTables, 'coefficients' | 'co2Factors' | 'fuelFactors'>
}

/** kgce of `amount` (kWh, GJ, m³ or, of fuels, kg). Throws when the set has no coefficient for the carrier. */
export function kgceOf(medium: EnergyCarrier | 'water', amount: number, set: CoefficientSet): number {
  return medium === 'water' ? 0 : amount * coefficientOf(medium, set).value
}

/** Kilograms of CO2 of `amount` (kWh, GJ or m³). */
export function co2KgOf(medium: Medium, amount: number, factors: Co2Factors): number {
  if (medium === 'water') return 0
  const { value, unit } = factors[medium]
  return amount * value * KG_CO2_PER[unit]
}

/** The row of a set that converts `carrier`. Throws an Error naming both when there is none. */
export function coefficientOf(carrier: EnergyCarrier, set: CoefficientSet): Coefficient {
  const row = set.rows.find((candidate) => candidate.carrier === carrier)
  if (!row) throw new Error(`${set.name} has no coefficient for ${carrier}`)
  return row
}

/**
 * The sets and factors in force on a local date. `areaPath`: the area's code, then its parents' (see `areaPathOf`);
 * the first of them with a factor of its own wins, and the nation's comes last. Throws an Error naming what is missing.
 */
export function standardsOn(
  date: string,
  areaPath: readonly string[],
  options: StandardOptions = {},
): StandardsInForce {
  const statistics = coefficientSetOn('statistics', date, options)
  const quota = coefficientSetOn('quota', date, options)
  const co2 = Object.fromEntries(
    ENERGY_MEDIA.map((medium) => [medium, co2FactorOn(medium, date, areaPath, options)]),
  ) as Co2Factors
  const fuelCo2 = Object.fromEntries(
    FUEL_CARRIERS.flatMap((carrier) => {
      const factor = fuelFactorOn(carrier, date, { ...options, areaPath }, options.tables?.fuelFactors)
      return factor ? [[carrier, factor]] : []
    }),
  )
  const names = {
    coefficientSet: nameOn(date, statistics, labelled(statistics.name, statistics)),
    quotaSet: nameOn(date, quota, labelled(quota.name, quota)),
    co2Factor: ENERGY_MEDIA.map((medium) => nameOn(date, co2[medium], factorName(co2[medium]))).join(', '),
  }
  return { statistics, quota, co2, fuelCo2, names }
}

/** A month is converted by what holds on its first day, so that a notice in mid-month does not split it. */
export const standardsOfMonth = (
  month: Month,
  areaPath: readonly string[],
  options?: StandardOptions,
): StandardsInForce => standardsOn(`${month}-01`, areaPath, options)

/** The names of all that was used over several months, each once, in order of first use. */
export function namesOf(inForce: readonly StandardsInForce[]): StandardNames {
  const distinct = (name: (names: StandardNames) => string) =>
    [...new Set(inForce.map((standards) => name(standards.names)))].join('; ')
  return {
    coefficientSet: distinct((names) => names.coefficientSet),
    quotaSet: distinct((names) => names.quotaSet),
    co2Factor: distinct((names) => names.co2Factor),
  }
}

/** Throws an Error naming purpose and date when no set is valid. */
export function coefficientSetOn(purpose: SetPurpose, date: string, options: StandardOptions = {}): CoefficientSet {
  const { retroactive, tables: { coefficients } = SHIPPED_TABLES } = options
  const sets = coefficients.filter((candidate) => candidate.purpose === purpose)
  const set = sets.find((row) => isValidOn(row, date)) ?? (retroactive ? earliestAfter(sets, date) : undefined)
  if (!set) throw new Error(`no ${purpose} coefficient set is valid on ${date}`)
  return set
}

/** Throws an Error naming medium, date and areas when no factor is valid. */
export function co2FactorOn(
  medium: EnergyMedium,
  date: string,
  areaPath: readonly string[],
  options: StandardOptions = {},
): Co2Factor {
  const path = [...areaPath, NATIONAL]
  const { co2Factors } = options.tables ?? SHIPPED_TABLES
  const rows = co2Factors.filter((row) => row.medium === medium)
  const factor = nearestOn(rows, date, path, options)
  if (!factor) throw new Error(`no CO2 factor for ${medium} is valid on ${date} in ${path.join(', ')}`)
  return factor
}

const nameOn = (date: string, row: Validity, name: string): string => (date < row.validFrom ? `${name} (追溯)` : name)

/** How a factor of a medium or a fuel is named in a result. */
export const factorName = (row: Co2Factor | FuelFactor): string =>
  labelled([row.series, row.dataYear, row.areaName, row.value, row.unit].filter((part) => part !== null).join(' '), row)

/** A stand-in says so, whoever named it. */
const labelled = (name: string, { standIn }: { standIn?: boolean | undefined }): string =>
  standIn && !name.includes('stand-in') ? `${name} (替代值 stand-in)` : name
