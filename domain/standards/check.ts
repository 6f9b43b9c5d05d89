// Checks the tables of domain/standards/ before anything is judged by them. A broken table is broken code: it throws,
// and the error names the table.

import { type Quota, quotaSchema } from '../registry.ts'
import { CO2_FACTORS, CO2_UNITS, type Co2Factor } from './co2-factors.ts'
import { COEFFICIENT_SETS, COEFFICIENT_UNITS, type CoefficientSet, type EnergyCarrier } from './coefficients.ts'
import { FYP14_TARGETS, type PlanTarget } from './plans.ts'
import { QUOTAS_HEBEI } from './quotas-hebei.ts'
import { QUOTAS_SHANDONG } from './quotas-shandong.ts'
import { checkSuccession } from './validity.ts'

export interface StandardTables {
  coefficientSets: readonly CoefficientSet[]
  co2Factors: readonly Co2Factor[]
  /** By the table's name. */
  quotas: Readonly<Record<string, readonly Quota[]>>
  plans: readonly PlanTarget[]
}
export const STANDARD_TABLES: StandardTables = {
  coefficientSets: COEFFICIENT_SETS,
  co2Factors: CO2_FACTORS,
  quotas: { 'quotas-shandong': QUOTAS_SHANDONG, 'quotas-hebei': QUOTAS_HEBEI },
  plans: FYP14_TARGETS,
}

/** Wide bounds that still catch a coefficient in another unit, e.g. heat as 0.03412 instead of 34.12 (facts §3.5, §4). */
const PLAUSIBLE: Record<EnergyCarrier, readonly [low: number, high: number]> = {
  electricity: [0.1, 0.45],
  heat: [30, 40],
  gas: [1.1, 1.33],
  rawCoal: [0.5, 1],
  petrol: [1.4, 1.6],
  kerosene: [1.4, 1.6],
  diesel: [1.4, 1.6],
  lpg: [1.6, 1.8],
}

/**
 * Throws an Error naming the table when a value is in the wrong unit, constraint ≥ benchmark ≥ guide does not hold,
 * two rows for the same thing overlap, or a day between two rows has none. An empty table is right.
 */
export function checkStandards(tables: StandardTables = STANDARD_TABLES): void {
  checkCoefficients(tables.coefficientSets)
  checkFactors(tables.co2Factors)
  for (const [name, rows] of Object.entries(tables.quotas)) checkQuotas(name, rows)
  checkPlans(tables.plans)
}

function checkCoefficients(sets: readonly CoefficientSet[]): void {
  const table = 'coefficients'
  for (const set of sets) {
    const carriers = new Set(set.rows.map((row) => row.carrier))
    if (carriers.size < set.rows.length) throw new Error(`${table}: ${set.name} has a carrier twice`)
    for (const { carrier, value, unit } of set.rows) {
      const [low, high] = PLAUSIBLE[carrier]
      if (unit !== COEFFICIENT_UNITS[carrier] || !(value >= low && value <= high)) {
        throw new Error(
          `${table}: ${set.name} has ${carrier} ${value} ${unit}; expected ${low} to ${high} ${COEFFICIENT_UNITS[carrier]}`,
        )
      }
    }
  }
  checkSuccession(table, sets, (set) => set.purpose)
}

function checkFactors(factors: readonly Co2Factor[]): void {
  const table = 'co2-factors'
  for (const { medium, area, value, unit } of factors) {
    if (unit !== CO2_UNITS[medium] || !(value > 0)) {
      throw new Error(
        `${table}: ${medium} of ${area} has ${value} ${unit}; expected a positive value in ${CO2_UNITS[medium]}`,
      )
    }
  }
  checkSuccession(table, factors, (row) => `${row.medium} of ${row.area}`)
}

function checkQuotas(table: string, rows: readonly Quota[]): void {
  for (const row of rows) {
    const parsed = quotaSchema.safeParse(row)
    if (!parsed.success) throw new Error(`${table}: ${quotaKey(row)}: ${parsed.error.issues[0].message}`)
  }
  checkSuccession(table, rows, quotaKey)
}

/** The standard is not part of it: within one table a new edition must end the old one. */
const quotaKey = (row: Quota): string =>
  [row.type, row.venueKind, row.level, row.climateZone, row.heatingKind, row.indicator].filter(Boolean).join(' ')

function checkPlans(plans: readonly PlanTarget[]): void {
  for (const row of plans) {
    if ((row.cap === undefined) === (row.reductionPct === undefined) || row.endYear <= row.baseYear) {
      throw new Error(
        `plans: ${row.area} ${row.indicator} needs a later end year and exactly one of cap and reductionPct`,
      )
    }
  }
}
