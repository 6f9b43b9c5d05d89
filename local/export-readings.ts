// Writes readings from the store to one file of Parquet or CSV, as they stand at one moment, while the store goes on
// (docs/rules/lake.md#export).

import type { DuckDBInstance } from '@duckdb/node-api'
import type { ExportFormat } from '../domain/view/export.ts'
import { QUALITY_MARKS, SENT_UNITS } from '../domain/wire/sent-unit.ts'
import { quoted } from './lake/format.ts'
import type { Lake } from './lake/lake.ts'
import { ARRIVAL_ORDER, type RowSource } from './lake/rows.ts'

/** Of a COPY. */
export const EXPORT_OPTIONS: Record<ExportFormat, string> = {
  parquet: '(FORMAT parquet, COMPRESSION zstd)',
  csv: '(FORMAT csv, HEADER)',
}
/** SQL of an instant in a column of epoch milliseconds: a spreadsheet gets the local time with its offset. */
export const instantOf = (column: string, format: ExportFormat): string =>
  format === 'parquet'
    ? `make_timestamptz(${column} * 1000)`
    : `strftime(make_timestamp((${column} + 28800000) * 1000), '%Y-%m-%dT%H:%M:%S.%g+08:00')`

export interface ReadingsAsked {
  path: string
  /** Keys of meters. */
  keys: readonly number[]
  fromMs: number
  toMs: number
  format: ExportFormat
}
export interface ExportPlaces {
  instance: DuckDBInstance
  rowsOf: RowSource
  held: Lake['held']
  /** While files and tables stay as they are listed. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

/** Resolves to the number of rows; no file is made of none. Rejects when the file cannot be written. */
export async function exportReadings(places: ExportPlaces, asked: ReadingsAsked): Promise<number> {
  const { keys, fromMs, toMs, format, path } = asked
  if (keys.length === 0) return 0
  const connection = await places.instance.connect()
  const { release } = await places.held(async () => ({}))
  try {
    const sql = await places.inTurn(async () => {
      // The transaction sees the store as of its first statement.
      await connection.run('BEGIN')
      const { sql } = places.rowsOf(keys, { fromMs, toMs })
      const rows = await connection.runAndReadAll(`SELECT EXISTS (SELECT * FROM (${sql}))`)
      return rows.getRows()[0]?.[0] === true ? sql : undefined
    })
    if (sql === undefined) return 0
    const done = await connection.runAndReadAll(`COPY (
      SELECT key.id AS meter, ${instantOf('at_ms', format)} AS time, value, ${instantOf('received_ms', format)} AS received,
        CASE quality % ${QUALITY_MARKS} WHEN 0 THEN 'good' WHEN 1 THEN 'suspect' ELSE 'estimated' END AS quality,
        nullif([${SENT_UNITS.map(quoted).join(',')}][quality // ${QUALITY_MARKS} + 1], '') AS unit,
        lead(at_ms) OVER (PARTITION BY meter ORDER BY at_ms, ${ARRIVAL_ORDER}) IS DISTINCT FROM at_ms AS stands
      FROM (${sql}) stored JOIN meter_keys key ON key.key = stored.meter
      ORDER BY key.id, at_ms, ${ARRIVAL_ORDER}) TO ${quoted(path)} ${EXPORT_OPTIONS[format]}`)
    return Number(done.getRows()[0]?.[0])
  } finally {
    release()
    connection.closeSync()
  }
}
