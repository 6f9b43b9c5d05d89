// Checks the tables of domain/standards/: at import each row's problems are returned; at start a broken shipped table
// is broken code and throws. Every finding names its table.

import { PLAN_TARGETS, type PlanTarget } from './plans.ts'
import type { Quota } from './quota.ts'
import { QUOTAS_SHANDONG } from './quotas-shandong.ts'
import {
  rowsInForce,
  SHIPPED_TABLES,
  type StandardTables,
  TABLE_KINDS,
  type TableKind,
  type TableRow,
  tableOf,
  tableRowId,
} from './tables.ts'
import { successionFindings } from './validity.ts'

/**
 * The tables checked at start: those of StandardTables, the plan that targets are derived from, and the stand-in that
 * the demo registers.
 */
export interface CheckedTables extends StandardTables {
  plans: readonly PlanTarget[]
  quotaStandIns: readonly Quota[]
}
export const STANDARD_TABLES: CheckedTables = {
  ...SHIPPED_TABLES,
  plans: PLAN_TARGETS,
  quotaStandIns: QUOTAS_SHANDONG,
}

export interface TableProblem {
  kind: TableKind
  id: string
  /** Position of the row among the imported ones. */
  index: number
  field: string
  reason: string
}

/**
 * Problems of a table's imported rows: values in the wrong unit or order, rows given twice, rows that overlap each
 * other or shipped ones, and days between rows without a row. The reason names the table and the key.
 */
export function tableProblems(kind: TableKind, imported: readonly TableRow[]): TableProblem[] {
  const { keyOf, findingsOf, endless } = tableOf(kind)
  const problemOf = (row: TableRow, field: string, reason: string): TableProblem => {
    const [found, own] = [imported.indexOf(row), imported.findIndex((one) => isSameRow(kind, one, row))]
    const said = `${kind}: ${keyOf(row)} ${reason}`
    return { kind, id: tableRowId(kind, row), index: found < 0 ? own : found, field, reason: said }
  }
  const seen = new Set<string>()
  const ofRows = imported.flatMap((row) => {
    const id = tableRowId(kind, row)
    const twice = seen.has(id)
    seen.add(id)
    return [
      ...(twice ? [problemOf(row, 'validFrom', `is given twice from ${row.validFrom}`)] : []),
      ...findingsOf(row)
        .filter((finding) => finding !== false)
        .map(([field, reason]) => problemOf(row, field, reason)),
    ]
  })
  const keys = new Set(imported.map(keyOf))
  const merged = Map.groupBy(rowsInForce(kind, distinctRows(kind, imported)), keyOf)
  const ofSuccession = [...keys].flatMap((key) => {
    const rows = merged.get(key) ?? []
    const last = rows.toSorted((a, b) => a.validFrom.localeCompare(b.validFrom)).at(-1)
    const ends = endless && last?.validTo !== undefined && last.validTo > last.validFrom
    return [
      ...successionFindings(rows).map(({ row, reason }) => problemOf(row, 'validFrom', reason)),
      ...(ends ? [problemOf(last, 'validTo', `ends on ${last.validTo}, and no row follows`)] : []),
    ]
  })
  return [...ofRows, ...ofSuccession]
}

const isSameRow = (kind: TableKind, a: TableRow, b: TableRow): boolean => tableRowId(kind, a) === tableRowId(kind, b)

/** Keeps the last of the rows given twice: they are reported as duplicates, not again as an overlap. */
const distinctRows = (kind: TableKind, rows: readonly TableRow[]): TableRow[] => [
  ...new Map(rows.map((row) => [tableRowId(kind, row), row])).values(),
]

/**
 * Throws an Error naming the table when a value is in the wrong unit or order, two rows of the same key overlap, or a
 * day between two rows has none. An empty table is valid.
 */
export function checkStandards(tables: CheckedTables = STANDARD_TABLES): void {
  for (const kind of TABLE_KINDS) checkTable(kind, tables[kind])
  checkTable('quotas', tables.quotaStandIns)
  checkPlans(tables.plans)
}

function checkTable(kind: TableKind, rows: readonly TableRow[]): void {
  const { keyOf, findingsOf, schema } = tableOf(kind)
  for (const row of rows) {
    const finding = findingsOf(row).find((one) => one !== false)
    if (finding) throw new Error(`${kind}: ${keyOf(row)}: ${finding[1]}`)
    const parsed = schema.safeParse(row)
    if (!parsed.success) throw new Error(`${kind}: ${keyOf(row)}: ${parsed.error.issues[0]?.message}`)
  }
  for (const [key, own] of Map.groupBy(rows, keyOf)) {
    const finding = successionFindings(own).at(0)
    if (finding) throw new Error(`${kind}: ${key}: ${finding.reason}`)
  }
}

function checkPlans(plans: readonly PlanTarget[]): void {
  for (const row of plans) {
    if ((row.cap === undefined) === (row.reductionPct === undefined) || row.endYear <= row.baseYear) {
      throw new Error(
        `plans: ${row.area} ${row.indicator} needs a later end year and exactly one of cap and reductionPct`,
      )
    }
  }
}
