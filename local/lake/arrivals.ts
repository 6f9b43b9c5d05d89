// The tables of the DuckDB file that hold readings in order of arrival until they move into the lake. The last one
// grows; the others are being moved (docs/rules/lake.md#tidying).

import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { must } from '../../domain/must.ts'
import type { LakeManifest } from './manifest.ts'
import { READING_COLUMNS } from './reading-columns.ts'

/** Name of the first table; the further ones are numbered. */
const ARRIVALS = 'readings'

/** The rows of a table of arrivals that are moved at once: those received up to a time, or all. */
export interface Slice {
  table: string
  untilMs: number | undefined
}

interface TimeSpan {
  oldestMs: number
  newestMs: number
}
interface Batch extends TimeSpan {
  rows: number
  receivedMs: number
  /** No reading of a meter is older than one before it in the batch. */
  isInOrder: boolean
}

export interface ArrivalTables {
  /** The oldest first; the same array for ever. */
  readonly names: readonly string[]
  /** The one that grows. */
  last(): string
  /** Its rows, and when the first of them came. */
  growing(): { rows: number; sinceMs: number }
  appender(): DuckDBAppender
  /** Notes rows that were appended. */
  grew(batch: Batch): void
  /** No reading of the table is older or newer; infinite without any. */
  spanOf(table: string): TimeSpan
  /** Whether that is known of all batches of a table. */
  isInOrder(table: string): boolean
  /** Looks anew at the table that grows. */
  look(): Promise<void>
  /** Begins a new table; nobody appends meanwhile. */
  begin(): Promise<void>
  /** Notes that a slice has been taken away. */
  taken(slice: Slice): void
}

export async function openArrivals(writer: DuckDBConnection): Promise<ArrivalTables> {
  const names = await arrivalTables(writer)
  const last = (): string => must(names.at(-1))
  let growing = await growthOf(writer, last())
  let appender = await writer.createAppender(last())
  const inOrder = new Set(growing.rows === 0 ? [last()] : [])
  const spans = new Map<string, TimeSpan>()
  for (const name of names) spans.set(name, await spanIn(writer, name))
  const spanOf = (table: string): TimeSpan => spans.get(table) ?? NO_SPAN
  return {
    ...{ names, last },
    growing: () => growing,
    appender: () => appender,
    isInOrder: (table) => inOrder.has(table),
    grew({ rows, receivedMs, isInOrder, oldestMs, newestMs }) {
      if (!isInOrder) inOrder.delete(last())
      growing = { rows: growing.rows + rows, sinceMs: growing.rows === 0 ? receivedMs : growing.sinceMs }
      const span = spanOf(last())
      spans.set(last(), {
        oldestMs: Math.min(span.oldestMs, oldestMs),
        newestMs: Math.max(span.newestMs, newestMs),
      })
    },
    spanOf,
    async look() {
      inOrder.delete(last())
      growing = await growthOf(writer, last())
      spans.set(last(), await spanIn(writer, last()))
    },
    async begin() {
      const name = `${ARRIVALS}_${numberOf(last()) + 1}`
      await writer.run(`CREATE TABLE ${name}(${READING_COLUMNS})`)
      appender.closeSync()
      appender = await writer.createAppender(name)
      names.push(name)
      inOrder.add(name)
      growing = { rows: 0, sinceMs: 0 }
    },
    taken({ table, untilMs }) {
      if (untilMs !== undefined) return
      names.splice(names.indexOf(table), 1)
      spans.delete(table)
    },
  }
}

/** There is one at least. */
export async function arrivalTables(connection: DuckDBConnection): Promise<string[]> {
  const rows = await connection.runAndReadAll(
    'SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()',
  )
  const tables = rows
    .getRows()
    .map(([name]) => String(name))
    .filter((name) => name === ARRIVALS || /^readings_\d+$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b))
  if (tables.length > 0) return tables
  await connection.run(`CREATE TABLE ${ARRIVALS}(${READING_COLUMNS})`)
  return [ARRIVALS]
}

/** The first has no number. */
const numberOf = (table: string): number => Number(table.slice(ARRIVALS.length + 1))

/** SQL that takes the rows of a slice away. */
export const takenAway = ({ table, untilMs }: Slice): string =>
  untilMs === undefined ? `DROP TABLE ${table}` : `DELETE FROM ${table} WHERE received_ms <= ${untilMs}`

const NO_SPAN: TimeSpan = { oldestMs: Number.POSITIVE_INFINITY, newestMs: Number.NEGATIVE_INFINITY }

async function spanIn(connection: DuckDBConnection, table: string): Promise<TimeSpan> {
  const found = await connection.runAndReadAll(`SELECT min(at_ms)::DOUBLE, max(at_ms)::DOUBLE FROM ${table}`)
  const [oldest, newest] = must(found.getRows()[0])
  return typeof oldest === 'number' && typeof newest === 'number' ? { oldestMs: oldest, newestMs: newest } : NO_SPAN
}

async function growthOf(connection: DuckDBConnection, table: string): Promise<{ rows: number; sinceMs: number }> {
  const found = await connection.runAndReadAll(
    `SELECT count(*)::DOUBLE, coalesce(min(received_ms), 0)::DOUBLE FROM ${table}`,
  )
  const [rows = 0, sinceMs = 0] = must(found.getRows()[0]).map(Number)
  return { rows, sinceMs }
}

/** When the last reading was received, the times of the oldest and the newest, and how many wait aside. */
export async function extentOf(connection: DuckDBConnection, tables: readonly string[], manifest: LakeManifest) {
  const arrived = tables.map((table) => `SELECT received_ms, at_ms FROM ${table}`).join(' UNION ALL ')
  const found = await connection.runAndReadAll(
    `SELECT coalesce(max(received_ms), 0)::DOUBLE, coalesce(max(at_ms)::DOUBLE, '-infinity'), (SELECT count(*) FROM aside)::DOUBLE,
       count(*)::DOUBLE, coalesce(min(at_ms)::DOUBLE, 'infinity')
     FROM (${arrived})`,
  )
  let [committedMs = 0, newestMs = 0, aside = 0, rows = 0, oldestMs = 0] = must(found.getRows()[0]).map(Number)
  for (const file of manifest.files()) {
    rows += file.rows
    committedMs = Math.max(committedMs, file.receivedToMs)
    oldestMs = Math.min(oldestMs, file.fromMs)
    newestMs = Math.max(newestMs, file.toMs)
  }
  return { committedMs, newestMs, aside, rows, oldestMs }
}
