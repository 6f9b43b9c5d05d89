// Converts amounts to standard coal and CO2, with the coefficient set and factors in force on a day for an area. Every
// result names the set and factors used (docs/rules/energy-and-carbon.md#coefficient-sets). Water is not energy: it
// converts to 0 and needs no coefficient.

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
import { nearestOn, type Validity } from '../standards/validity.ts'

export type Co2Factors = Readonly<Record<EnergyMedium, Co2Factor>>

/** The coefficient sets and factors in force on one day in one area, and their names for the result. */
export interface StandardsInForce {
  statistics: CoefficientSet
  quota: CoefficientSet
  co2: Co2Factors
  /** Fuels that have a factor. The emission of other fuels is unknown, which is no error until one is burnt. */
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
   * The earliest row also holds for days before it, and its name says so (追溯): for data older than a standard,
   * e.g. quota energy of 2016. Without this option such a day is an error.
   */
  retroactive?: boolean
  /** The tables in force, when a user has imported rows over the shipped ones. */
  tables?: Pick<StandardTables, 'coefficients' | 'co2Factors' | 'fuelFactors'>
}

/** kgce of `amount` (kWh, GJ, m³; fuels: kg). Throws an Error when the set has no coefficient for the carrier. */
export function kgceOf(medium: EnergyCarrier | 'water', amount: number, set: CoefficientSet): number {
  return medium === 'water' ? 0 : amount * coefficientOf(medium, set).value
}

/** Kilograms of CO2 of `amount` (kWh, GJ or m³). */
export function co2KgOf(medium: Medium, amount: number, factors: Co2Factors): number {
  if (medium === 'water') return 0
  const { value, unit } = factors[medium]
  return amount * value * KG_CO2_PER[unit]
}

/** The row of `set` that converts `carrier`. Throws an Error naming both when there is none. */
export function coefficientOf(carrier: EnergyCarrier, set: CoefficientSet): Coefficient {
  const row = set.rows.find((candidate) => candidate.carrier === carrier)
  if (!row) throw new Error(`${set.name} has no coefficient for ${carrier}`)
  return row
}

/**
 * The sets and factors in force on a local date. `areaPath`: the area's code, then its parents' (see `areaPathOf`);
 * the first area with its own factor wins, and the national factor comes last. Throws an Error naming the missing row.
 */
export function standardsOn(
  date: string,
  areaPath: readonly string[],
  options: StandardOptions = {},
): StandardsInForce {
  const statistics = coefficientSetOn('statistics', date, options, areaPath)
  const quota = coefficientSetOn('quota', date, options, areaPath)
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

/** A month is converted by the rows in force on its first day, so that a notice in mid-month does not split it. */
export const standardsOfMonth = (
  month: Month,
  areaPath: readonly string[],
  options?: StandardOptions,
): StandardsInForce => standardsOn(`${month}-01`, areaPath, options)

/** The names of all sets and factors used over several months, each once, in order of first use. */
export function namesOf(inForce: readonly StandardsInForce[]): StandardNames {
  const distinct = (name: (names: StandardNames) => string) =>
    [...new Set(inForce.map((standards) => name(standards.names)))].join('; ')
  return {
    coefficientSet: distinct((names) => names.coefficientSet),
    quotaSet: distinct((names) => names.quotaSet),
    co2Factor: distinct((names) => names.co2Factor),
  }
}

/** The set of the nearest area. Throws an Error naming purpose and date when no set is valid. */
export function coefficientSetOn(
  purpose: SetPurpose,
  date: string,
  options: StandardOptions = {},
  areaPath: readonly string[] = [],
): CoefficientSet {
  const { coefficients } = options.tables ?? SHIPPED_TABLES
  const sets = coefficients.filter((candidate) => candidate.purpose === purpose)
  const set = nearestOn(sets, date, [...areaPath, NATIONAL], options)
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

/** The name of a medium's or fuel's factor in a result. */
export const factorName = (row: Co2Factor | FuelFactor): string =>
  labelled([row.series, row.dataYear, row.areaName, row.value, row.unit].filter((part) => part !== null).join(' '), row)

/** Adds the stand-in mark, unless the name already has it. */
const labelled = (name: string, { standIn }: { standIn?: boolean | undefined }): string =>
  standIn && !name.includes('stand-in') ? `${name} (替代值 stand-in)` : name
