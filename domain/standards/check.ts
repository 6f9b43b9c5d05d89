// Checks the tables of domain/standards/ before anything is judged by them. A broken table is broken code: it throws,
// and the error names the table.

import { type Quota, quotaSchema } from '../registry.ts'
import { CO2_FACTORS, CO2_UNITS, type Co2Factor } from './co2-factors.ts'
import { COEFFICIENT_SETS, COEFFICIENT_UNITS, type CoefficientSet, type EnergyCarrier } from './coefficients.ts'
import { EUE_QUOTAS_SHANDONG, type EueQuota, PUE_GRADES, type PueGrades } from './data-centre.ts'
import { DEMONSTRATION_LADDERS, type DemonstrationLadder } from './demonstration.ts'
import { FUEL_FACTORS, type FuelFactor } from './fuel-factors.ts'
import { KEY_ENERGY_USER_RULES, type KeyEnergyUserRule, keyEnergyUserRuleSchema } from './key-energy-users.ts'
import { FYP14_TARGETS, type PlanTarget } from './plans.ts'
import { QUOTAS_HEBEI } from './quotas-hebei.ts'
import { QUOTAS_SHANDONG } from './quotas-shandong.ts'
import { checkSuccession } from './validity.ts'

export interface StandardTables {
  coefficientSets: readonly CoefficientSet[]
  co2Factors: readonly Co2Factor[]
  fuelFactors: readonly FuelFactor[]
  /** By the table's name. */
  quotas: Readonly<Record<string, readonly Quota[]>>
  plans: readonly PlanTarget[]
  pueGrades: readonly PueGrades[]
  eueQuotas: readonly EueQuota[]
  demonstrationLadders: readonly DemonstrationLadder[]
  keyEnergyUsers: readonly KeyEnergyUserRule[]
}
export const STANDARD_TABLES: StandardTables = {
  coefficientSets: COEFFICIENT_SETS,
  co2Factors: CO2_FACTORS,
  fuelFactors: FUEL_FACTORS,
  quotas: { 'quotas-shandong': QUOTAS_SHANDONG, 'quotas-hebei': QUOTAS_HEBEI },
  plans: FYP14_TARGETS,
  pueGrades: PUE_GRADES,
  eueQuotas: EUE_QUOTAS_SHANDONG,
  demonstrationLadders: DEMONSTRATION_LADDERS,
  keyEnergyUsers: KEY_ENERGY_USER_RULES,
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
  checkFuelFactors(tables.fuelFactors)
  for (const [name, rows] of Object.entries(tables.quotas)) checkQuotas(name, rows)
  checkPlans(tables.plans)
  checkPueGrades(tables.pueGrades)
  checkEueQuotas(tables.eueQuotas)
  checkLadders(tables.demonstrationLadders)
  checkKeyEnergyUsers(tables.keyEnergyUsers)
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

/** kgCO2/kg; wide bounds that still catch a factor per gigajoule or in t/kg. */
const PLAUSIBLE_FUEL = [1.5, 4] as const

function checkFuelFactors(factors: readonly FuelFactor[]): void {
  const table = 'fuel-factors'
  const [low, high] = PLAUSIBLE_FUEL
  for (const { carrier, area, value, unit } of factors) {
    if (!(value >= low && value <= high)) {
      throw new Error(`${table}: ${carrier} of ${area} has ${value} ${unit}; expected ${low} to ${high}`)
    }
  }
  checkSuccession(table, factors, (row) => `${row.carrier} of ${row.area}`)
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

function checkPueGrades(rows: readonly PueGrades[]): void {
  const table = 'pue-grades'
  for (const { standard, grades } of rows) {
    if (!isRising([1, ...grades])) throw new Error(`${table}: ${standard}: 1 < grade 1 < grade 2 < grade 3 must hold`)
  }
  // Not by standard: a new edition must end the old one.
  checkSuccession(table, rows, () => 'all')
}

function checkEueQuotas(rows: readonly EueQuota[]): void {
  const table = 'eue-quotas'
  for (const { type, constraint, benchmark, guide } of rows) {
    if (!(constraint >= benchmark && benchmark >= guide && guide >= 1)) {
      throw new Error(`${table}: ${type}: constraint ≥ benchmark ≥ guide ≥ 1 must hold`)
    }
  }
  checkSuccession(table, rows, ({ type }) => type)
}

function checkLadders(rows: readonly DemonstrationLadder[]): void {
  const table = 'demonstration-ladders'
  for (const { name, steps } of rows) {
    const ratios = steps.map(({ ratioMax }) => ratioMax)
    const points = steps.map((step) => -step.points)
    if (!isRising([0, ...ratios]) || !isRising([...points, 0])) {
      throw new Error(`${table}: ${name}: a higher ratio must give fewer points, above 0`)
    }
  }
  checkSuccession(table, rows, () => 'all')
}

function checkKeyEnergyUsers(rows: readonly KeyEnergyUserRule[]): void {
  const table = 'key-energy-users'
  for (const row of rows) {
    const parsed = keyEnergyUserRuleSchema.safeParse(row)
    if (!parsed.success) throw new Error(`${table}: ${row.area}: ${parsed.error.issues[0].message}`)
  }
  checkSuccession(table, rows, ({ area, type }) => [area, type].filter(Boolean).join(' '))
}

const isRising = (values: readonly number[]): boolean =>
  values.every((value, index) => index === 0 || value > values[index - 1])
