// Merges the shipped tables that judging uses with the rows that a user imports. One mechanism for all tables, so that
// a province can replace our quota, factors, grades or thresholds, each with its dates and source.
// domain/standards/check.ts checks the tables.

import type { z } from 'zod'
import { ENERGY_MEDIA } from '../medium.ts'
import { type Adoption, adoptedRows, adoptionFindings, adoptionSchema } from './alternatives.ts'
import { CO2_FACTORS, CO2_UNITS, type Co2Factor, co2FactorSchema, NATIONAL } from './co2-factors.ts'
import {
  COEFFICIENT_SETS,
  type CoefficientSet,
  coefficientSetSchema,
  coefficientUnit,
  isLiquid,
  PLAUSIBLE,
  PLAUSIBLE_KG_PER_LITRE,
} from './coefficients.ts'
import {
  EUE_QUOTAS_SHANDONG,
  type EueQuota,
  eueQuotaSchema,
  PUE_GRADES,
  type PueGrades,
  pueGradesSchema,
} from './data-centre.ts'
import { DEMONSTRATION_LADDERS, type DemonstrationLadder, demonstrationLadderSchema } from './demonstration.ts'
import { FUEL_FACTORS, type FuelFactor, fuelFactorSchema } from './fuel-factors.ts'
import { KEY_ENERGY_USER_RULES, type KeyEnergyUserRule, keyEnergyUserRuleSchema } from './key-energy-users.ts'
import { type Quota, quotaSchema } from './quota.ts'
import { QUOTAS_HEBEI } from './quotas-hebei.ts'
import { RANKING_RULES, type RankingRule, rankingRuleSchema } from './ranking-rules.ts'
import { REPORT_DEADLINES, type ReportDeadline, reportDeadlineSchema } from './report-deadlines.ts'
import type { Validity } from './validity.ts'

/** Rows by table: either the imported rows, or the rows in force (`tablesInForce`). */
export interface StandardTables {
  quotas: readonly Quota[]
  coefficients: readonly CoefficientSet[]
  co2Factors: readonly Co2Factor[]
  fuelFactors: readonly FuelFactor[]
  adoptions: readonly Adoption[]
  pueGrades: readonly PueGrades[]
  eueQuotas: readonly EueQuota[]
  demonstrationLadders: readonly DemonstrationLadder[]
  keyEnergyUsers: readonly KeyEnergyUserRule[]
  rankingRules: readonly RankingRule[]
  reportDeadlines: readonly ReportDeadline[]
}
export type TableKind = keyof StandardTables
type RowOf<K extends TableKind> = StandardTables[K][number]
export type TableRow = Validity & { standIn?: boolean | undefined }

/** A problem of one row: the field and the reason. */
export type RowFinding = readonly [field: string, reason: string]

export interface Table<T> {
  schema: z.ZodType<T> & { shape: Readonly<Record<string, z.ZodType>> }
  shipped: readonly T[]
  /**
   * The key of a row: one row per key holds on a day. It does not contain the standard's name: a new edition ends the
   * old one.
   */
  keyOf(row: T): string
  /** Problems that the schema does not detect. */
  findingsOf(row: T): (RowFinding | false)[]
  /** True when judging needs a row for every day, so that the last row of a key may not end. */
  endless: boolean
}

/** kgCO2/kg; wide bounds that still detect a factor per gigajoule or in t/kg. */
const PLAUSIBLE_FUEL = [1.5, 4] as const
const isRising = (values: readonly number[]): boolean =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? Number.NaN))
const words = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' ')

export const TABLES: { readonly [K in TableKind]: Table<RowOf<K>> } = {
  quotas: {
    schema: quotaSchema,
    shipped: QUOTAS_HEBEI,
    keyOf: (row) =>
      words(
        row.type,
        row.venueKind,
        row.level,
        row.climateZone,
        row.heatingKind && `(${row.heatingKind})`,
        row.indicator,
      ),
    findingsOf: ({ constraint, benchmark, guide }) => [
      !(constraint >= benchmark && benchmark >= guide) && ['constraint', 'constraint ≥ benchmark ≥ guide must hold'],
    ],
    endless: false,
  },
  coefficients: {
    schema: coefficientSetSchema,
    shipped: COEFFICIENT_SETS,
    keyOf: ({ purpose, area = NATIONAL }) => words(purpose, area !== NATIONAL && `of ${area}`),
    findingsOf: ({ rows }) => [
      new Set(rows.map(({ carrier }) => carrier)).size < rows.length && ['carrier', 'a carrier stands twice'],
      ...ENERGY_MEDIA.filter((carrier) => !rows.some((row) => row.carrier === carrier)).map(
        (carrier): RowFinding => ['carrier', `has no coefficient for ${carrier}`],
      ),
      ...rows.map(({ carrier, value, unit }): RowFinding | false => {
        const [low, high] = PLAUSIBLE[carrier]
        const wanted = coefficientUnit(carrier)
        return (
          (unit !== wanted || !(value >= low && value <= high)) && [
            unit === wanted ? 'value' : 'unit',
            `has ${carrier} ${value} ${unit}; expected ${low} to ${high} ${wanted}`,
          ]
        )
      }),
      ...rows.map(({ carrier, kgPerLitre }): RowFinding | false => {
        const [low, high] = PLAUSIBLE_KG_PER_LITRE
        if (kgPerLitre === undefined) return false
        if (!isLiquid(carrier)) return ['kgPerLitre', `is not of ${carrier}, which is no liquid`]
        return (
          !(kgPerLitre >= low && kgPerLitre <= high) && [
            'kgPerLitre',
            `has ${carrier} ${kgPerLitre} kg/L; expected ${low} to ${high}`,
          ]
        )
      }),
    ],
    endless: true,
  },
  co2Factors: {
    schema: co2FactorSchema,
    shipped: CO2_FACTORS,
    keyOf: ({ medium, area }) => `${medium} of ${area}`,
    findingsOf: ({ medium, value, unit }) => [
      unit !== CO2_UNITS[medium] && ['unit', `has ${value} ${unit}; expected ${CO2_UNITS[medium]}`],
      !(value > 0) && ['value', `has ${value} ${unit}; expected a positive value`],
    ],
    endless: true,
  },
  fuelFactors: {
    schema: fuelFactorSchema,
    shipped: FUEL_FACTORS,
    keyOf: ({ carrier, area }) => `${carrier} of ${area}`,
    findingsOf: ({ value, unit }) => [
      !(value >= PLAUSIBLE_FUEL[0] && value <= PLAUSIBLE_FUEL[1]) && [
        'value',
        `has ${value} ${unit}; expected ${PLAUSIBLE_FUEL[0]} to ${PLAUSIBLE_FUEL[1]}`,
      ],
    ],
    endless: false,
  },
  adoptions: {
    schema: adoptionSchema,
    shipped: [],
    keyOf: ({ alternative, area }) => `${alternative} by ${area}`,
    findingsOf: adoptionFindings,
    endless: false,
  },
  pueGrades: {
    schema: pueGradesSchema,
    shipped: PUE_GRADES,
    keyOf: () => 'all',
    findingsOf: ({ grades }) => [!isRising([1, ...grades]) && ['grades', '1 < grade 1 < grade 2 < grade 3 must hold']],
    endless: false,
  },
  eueQuotas: {
    schema: eueQuotaSchema,
    shipped: EUE_QUOTAS_SHANDONG,
    keyOf: ({ type }) => type,
    findingsOf: ({ constraint, benchmark, guide }) => [
      !(constraint >= benchmark && benchmark >= guide && guide >= 1) && [
        'constraint',
        'constraint ≥ benchmark ≥ guide ≥ 1 must hold',
      ],
    ],
    endless: false,
  },
  demonstrationLadders: {
    schema: demonstrationLadderSchema,
    shipped: DEMONSTRATION_LADDERS,
    keyOf: () => 'all',
    findingsOf: ({ steps }) => [
      !(isRising([0, ...steps.map(({ ratioMax }) => ratioMax)]) && isRising([...steps.map((s) => -s.points), 0])) && [
        'steps',
        'a higher ratio must give fewer points, above 0',
      ],
    ],
    endless: false,
  },
  keyEnergyUsers: {
    schema: keyEnergyUserRuleSchema,
    shipped: KEY_ENERGY_USER_RULES,
    keyOf: ({ area, type }) => words(area, type),
    findingsOf: ({ thresholdTce }) => [
      !(thresholdTce > 0) && ['thresholdTce', `has ${thresholdTce}; expected more than 0`],
    ],
    endless: false,
  },
  rankingRules: {
    schema: rankingRuleSchema,
    shipped: RANKING_RULES,
    keyOf: () => 'all',
    findingsOf: ({ indicators }) => [
      new Set(indicators).size < indicators.length && ['indicators', 'an indicator stands twice'],
    ],
    endless: false,
  },
  reportDeadlines: {
    schema: reportDeadlineSchema,
    shipped: REPORT_DEADLINES,
    keyOf: ({ period, area = NATIONAL }) => words(period, area !== NATIONAL && `of ${area}`),
    findingsOf: ({ remindDays }) => [
      new Set(remindDays).size < remindDays.length && ['remindDays', 'a day stands twice'],
    ],
    endless: false,
  },
}
export const TABLE_KINDS = Object.keys(TABLES) as TableKind[]

/** A table without the type of its rows, for code that handles all tables. */
export const tableOf = (kind: TableKind): Table<TableRow> => TABLES[kind] as unknown as Table<TableRow>

/** The name of a row in a problem. */
export const tableRowId = (kind: TableKind, row: TableRow): string => `${tableOf(kind).keyOf(row)}|${row.validFrom}`

/**
 * Merges `imported` with the shipped rows, key by key. An imported row replaces the shipped one that begins on the same
 * day. A row without `validTo` holds until the next of its key begins. A stand-in ends on the first day of any row that
 * is not a stand-in. The rows of adopted alternatives are laid over the shipped ones in the same way, below the
 * imported ones. check.ts detects overlaps and gaps in the result.
 */
export function tablesInForce(imported: Partial<StandardTables> = {}): StandardTables {
  const adopted: Partial<StandardTables> = adoptedRows(rowsInForce('adoptions', imported.adoptions ?? []) as Adoption[])
  const rows = TABLE_KINDS.map((kind) => {
    const own = imported[kind] ?? []
    return [kind, rowsInForce(kind, [...adoptedBeside(kind, adopted[kind] ?? [], own), ...own])]
  })
  return Object.fromEntries(rows) as StandardTables
}

/** An imported row goes before an adopted one of its key, from its first day on. */
function adoptedBeside(kind: TableKind, adopted: readonly TableRow[], own: readonly TableRow[]): TableRow[] {
  const { keyOf } = tableOf(kind)
  return adopted.flatMap((row) => {
    const days = own.filter((one) => keyOf(one) === keyOf(row)).map(({ validFrom }) => validFrom)
    if (days.includes(row.validFrom)) return []
    const next = days.filter((day) => day > row.validFrom).sort()[0]
    return next !== undefined && row.validTo !== undefined && next < row.validTo ? [{ ...row, validTo: next }] : [row]
  })
}

export const SHIPPED_TABLES: StandardTables = tablesInForce()

/** One table in force, in order of keys and dates. */
export function rowsInForce(kind: TableKind, imported: readonly TableRow[]): TableRow[] {
  const { shipped, keyOf } = tableOf(kind)
  const importedBy = Map.groupBy(imported, keyOf)
  return [...Map.groupBy([...shipped, ...imported], keyOf)].flatMap(([key, rows]) => {
    const own = importedBy.get(key)
    if (!own) return rows
    const days = new Set(own.map(({ validFrom }) => validFrom))
    return succeeding([...rows.filter((row) => !own.includes(row) && !days.has(row.validFrom)), ...own])
  })
}

/** Rows of one key; a row without `validTo` ends where the next begins. */
function succeeding(rows: readonly TableRow[]): TableRow[] {
  const firstReal = rows
    .filter(({ standIn }) => !standIn)
    .map(({ validFrom }) => validFrom)
    .sort()
    .at(0)
  const sorted = rows
    .filter(({ standIn, validFrom }) => !standIn || firstReal === undefined || validFrom < firstReal)
    .toSorted((a, b) => a.validFrom.localeCompare(b.validFrom))
  return sorted.map((row, index) => {
    const next = sorted.at(index + 1)?.validFrom
    const end =
      row.standIn && firstReal !== undefined && (row.validTo ?? firstReal) >= firstReal ? firstReal : undefined
    const validTo = end ?? row.validTo ?? next
    return validTo === row.validTo ? row : { ...row, validTo }
  })
}
