// Finds the readings of a batch that are stored already with the same value, unit and quality: they add no row
// (docs/rules/interfaces.md#readings-message). Asks the file only about times that a meter may have sent before, and
// only where that reads few rows.

import type { DuckDBConnection } from '@duckdb/node-api'
import { must } from '../domain/must.ts'
import { markOf } from '../domain/wire/sent-unit.ts'
import type { StoredReading } from '../functions/platform.ts'
import { CHUNK_ROWS, type chunkColumns, copyResult, READING_COLUMNS } from './lake/reading-columns.ts'
import { ARRIVAL_ORDER, type RowSource } from './lake/rows.ts'

/** Rows of the file that one look-up may read: some 50 ms. Beyond, what comes twice is stored twice. */
const ROWS_READ_MAX = 20_000_000

/** What the store holds, to estimate the cost of a look-up. */
interface StoredSpan {
  /** Outside the lake. */
  rows: number
  oldestMs: number
  newestMs: number
}
/** Readings in order of arrival, each with the key of its meter. */
interface KeyedReading {
  key: number
  reading: StoredReading
}
type Asked = ReadonlyMap<string, readonly [key: number, atMs: number]>
interface FilterOptions {
  /** Number of meters that have readings, and the newest of these, when the file was opened. */
  meters: number
  newestMs: number
  columns: ReturnType<typeof chunkColumns>
  rowsOf: RowSource
}

export function repeatFilter(
  connection: DuckDBConnection,
  { meters, newestMs, columns, rowsOf }: FilterOptions,
): (batch: readonly KeyedReading[], span: StoredSpan) => Promise<readonly KeyedReading[]> {
  /** No reading of the meter is newer, by key. A bound that is too high costs a look-up and loses nothing. */
  const newestOf = new Array<number>(meters).fill(newestMs)

  function mayBeStored(batch: readonly KeyedReading[]): Asked {
    const asked = new Map<string, [key: number, atMs: number]>()
    for (const { key, reading } of batch) {
      const newest = newestOf[key]
      if (newest === undefined || reading.atMs > newest) newestOf[key] = reading.atMs
      else asked.set(idOf(key, reading.atMs), [key, reading.atMs])
    }
    return asked
  }

  return async (batch, span) => {
    const asked = mayBeStored(batch)
    if (asked.size === 0) return batch
    const latest = await storedOf({ connection, columns, rowsOf }, asked, span)
    return batch.filter(({ key, reading }) => {
      const id = idOf(key, reading.atMs)
      if (!asked.has(id)) return true
      const stands = `${reading.value} ${markOf(reading)}`
      if (latest.get(id) === stands) return false
      latest.set(id, stands)
      return true
    })
  }
}

const idOf = (key: number, atMs: number): string => `${key} ${atMs}`

/** Value and mark that stand of each asked reading, where the file has it. */
async function storedOf(
  { connection, columns, rowsOf }: { connection: DuckDBConnection } & Pick<FilterOptions, 'columns' | 'rowsOf'>,
  asked: Asked,
  { rows, oldestMs, newestMs }: StoredSpan,
): Promise<Map<string, string>> {
  const pairs = [...asked.values()]
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [, atMs] of pairs) {
    if (atMs < fromMs) fromMs = atMs
    if (atMs > toMs) toMs = atMs
  }
  const share = Math.min(1, (toMs - fromMs) / Math.max(1, newestMs - oldestMs))
  if (toMs < oldestMs || fromMs > newestMs || rows * share > ROWS_READ_MAX) return new Map()
  const { sql, lakeRows } = rowsOf([...new Set(pairs.map(([key]) => key))], { fromMs, toMs: toMs + 1 })
  if (lakeRows > ROWS_READ_MAX) return new Map()
  await connection.run(`CREATE OR REPLACE TEMP TABLE asked(${READING_COLUMNS})`)
  const appender = await connection.createAppender('asked')
  for (let first = 0; first < pairs.length; first += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, pairs.length - first)
    for (let row = 0; row < count; row++) {
      const [key, atMs] = must(pairs[first + row])
      columns.set(row, key, atMs, 0, 0, 0)
    }
    appender.appendDataChunk(columns.chunk(count))
  }
  appender.closeSync()
  const found = await connection.run(
    `SELECT stored.meter, stored.at_ms::DOUBLE, stored.value, stored.quality::UINTEGER
     FROM (${sql}) stored JOIN asked ON stored.meter = asked.meter AND stored.at_ms = asked.at_ms
     ORDER BY ${ARRIVAL_ORDER.split(', ')
       .map((name) => `stored.${name}`)
       .join(', ')}`,
  )
  const [keys, times, values] = [new Uint32Array(found.rowCount), column(found.rowCount), column(found.rowCount)]
  const qualities = new Uint32Array(found.rowCount)
  await copyResult(found, [keys, times, values, qualities])
  return new Map(Array.from(keys, (key, row) => [idOf(key, must(times[row])), `${values[row]} ${qualities[row]}`]))
}

const column = (rows: number): Float64Array<ArrayBuffer> => new Float64Array(rows)
