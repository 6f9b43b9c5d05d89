// The rows of some meters wherever they lie, as SQL: first those of the lake, then those of the tables of arrivals,
// which is the order of their receipt.

import { must } from '../../domain/must.ts'
import type { ArrivalTables } from './arrivals.ts'
import { quoted, READ_VALUE, readFiles, rowGroupRows } from './format.ts'
import type { LakeManifest } from './manifest.ts'

/** Up to this many meters, a list is faster than a bit string and lets DuckDB skip row groups. */
const IN_LIST_MAX = 2_000
/** Up to this many, the ids are looked at as well: files are sorted by them. */
const IDS_MAX = 100
const ONE = '1'.charCodeAt(0)

/** Order of arrival, of the rows of a RowSource; those of one message in the order in which they stood in it. */
export const ARRIVAL_ORDER = 'received_ms, first_place, second_place, third_place'

export interface RowSpan {
  /** fromMs ≤ at < toMs; infinite where absent. */
  fromMs?: number
  toMs?: number
  /** Readings received up to then may be left out. */
  sinceMs?: number
}
/** Of these meters, by key. */
export interface RowSource {
  (keys: readonly number[], span: RowSpan): RowQuery
  /** What lies in the tables alone; undefined where none has readings of that time. */
  ofTables(keys: readonly number[], span: { fromMs: number; toMs: number }): string | undefined
}
export interface RowQuery {
  /** Rows with meter (its key), at_ms, value, received_ms, quality, in order of arrival for each meter and time. */
  sql: string
  /** ` ORDER BY …` where the order of the rows is not that one. */
  order: string
  /** Rows of the lake that may have to be decoded, at most. */
  lakeRows: number
}

export interface RowPlaces {
  manifest: LakeManifest
  lakeFolder: string
  arrivals: Pick<ArrivalTables, 'names' | 'spanOf'>
  keyCount(): number
  idOf(key: number): string
}

export function rowSource({ manifest, lakeFolder, arrivals, keyCount, idOf }: RowPlaces): RowSource {
  const ofTable = (table: string, keys: readonly number[], condition: string): string =>
    `SELECT meter, at_ms, value, received_ms, quality, rowid AS first_place, 0 AS second_place, 0 AS third_place
     FROM ${table} WHERE ${meterCondition('meter', keys, keyCount())} AND ${condition}`
  const source = (
    keys: readonly number[],
    { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, sinceMs }: RowSpan,
  ): RowQuery => {
    const times = timeCondition(fromMs, toMs)
    const received = sinceMs === undefined ? 'true' : `received_ms > ${sinceMs}`
    const parts = arrivals.names.map((table) => ofTable(table, keys, `${times} AND ${received}`))
    const files = manifest.filesOf(keys, { fromMs, toMs, ...(sinceMs !== undefined && { sinceMs }) })
    // A meter whose first readings are being stored is not in the lake, and has no id yet.
    const ids = idCondition(keys.filter((key) => key < keyCount()).map(idOf))
    if (files.length > 0)
      parts.unshift(
        `SELECT key AS meter, at_ms, ${READ_VALUE} AS value, received_ms, quality, turn::BIGINT AS first_place,
           at_ms AS second_place, file_row_number AS third_place
         FROM ${readFiles(
           lakeFolder,
           files.map(({ path }) => path),
         )}
         WHERE ${ids} AND ${meterCondition('key', keys, keyCount())} AND ${times} AND ${received}`,
      )
    return {
      sql: parts.join(' UNION ALL '),
      order: manifest.isDisordered(keys, files) ? ` ORDER BY ${ARRIVAL_ORDER}` : '',
      lakeRows: files.reduce((sum, { rows }) => sum + Math.min(rows, keys.length * rowGroupRows(rows)), 0),
    }
  }
  return Object.assign(source, {
    ofTables(keys: readonly number[], { fromMs, toMs }: { fromMs: number; toMs: number }): string | undefined {
      const near = arrivals.names.filter((table) => {
        const { oldestMs, newestMs } = arrivals.spanOf(table)
        return oldestMs < toMs && newestMs >= fromMs
      })
      const parts = near.map((table) => ofTable(table, keys, timeCondition(fromMs, toMs)))
      return parts.length > 0 ? parts.join(' UNION ALL ') : undefined
    },
  })
}

/**
 * A condition on a column of keys for these keys of `keyCount`. They are our own integers: nothing from outside enters
 * the statement. Meters added meanwhile stay out. A long list is a string of bits, which DuckDB looks up twice as fast
 * as an IN list.
 */
function meterCondition(column: string, known: readonly number[], keyCount: number): string {
  if (known.length === keyCount) return `${column} < ${keyCount}`
  if (known.length <= IN_LIST_MAX) return `${column} IN (${known.join(',')})`
  const bits = Buffer.alloc(keyCount, '0')
  for (const key of known) bits[key] = ONE
  return `${column} < ${keyCount} AND get_bit('${bits.toString('latin1')}'::BIT, ${column}::INTEGER) = 1`
}

/**
 * A condition on ids that only leads to the row groups of these meters, since files are sorted by them: rows of others
 * between them pass. DuckDB compares with two ids three times as fast as with a list of ten.
 */
function idCondition(ids: readonly string[]): string {
  if (ids.length === 0 || ids.length > IDS_MAX) return 'true'
  const sorted = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const [first, last] = [must(sorted[0]), must(sorted.at(-1))].map(quoted)
  return first === last ? `meter = ${first}` : `meter >= ${first} AND meter <= ${last}`
}

/** Infinity is allowed on either side. */
function timeCondition(fromMs: number, toMs: number): string {
  const from = Number.isFinite(fromMs) ? `at_ms >= ${Math.ceil(fromMs)}` : 'true'
  const to = Number.isFinite(toMs) ? `at_ms < ${Math.ceil(toMs)}` : 'true'
  return `${from} AND ${to}`
}
