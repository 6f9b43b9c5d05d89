// The lake's files (docs/rules/lake.md): raw readings as Parquet, by county and month, sorted by meter and time. This
// file has what the SQL of writing and of reading them must agree on.

import { join } from 'node:path'
import type { Month } from '../../domain/calendar.ts'
import { CHUNK_ROWS } from './reading-columns.ts'

export const LAKE_FOLDER = 'lake'
const READINGS_PREFIX = 'v1/readings'
/** Where a meter's readings lie that the registry does not know (yet). */
export const NO_COUNTY = '000000'
/**
 * Rows that a reader decodes at least, to find one meter: an eighth of a file, between bounds beyond which the search
 * for the group costs more than it saves.
 */
const [GROUP_ROWS_MIN, GROUP_ROWS_MAX, GROUPS] = [8_192, 122_880, 8]
export const rowGroupRows = (rows: number): number =>
  Math.min(GROUP_ROWS_MAX, Math.max(GROUP_ROWS_MIN, Math.ceil(rows / GROUPS / CHUNK_ROWS) * CHUNK_ROWS))
/** Times and receipts of more values than this are written as differences, a sixth smaller than a dictionary. */
const DICTIONARY_MAX = 2_000
/** A file that is not whole. */
export const DRAFT_SUFFIX = '.draft'
const LAKE_VERSION = '1'

/** Path of a file below the lake's folder. */
export const lakePath = (county: string, month: Month, name: string): string =>
  `${READINGS_PREFIX}/county=${county}/month=${month}/${name}.parquet`

/** `'…'` of SQL: ids and paths come from outside. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const DECIMAL = 'try_cast(value AS DECIMAL(18,3))'
/** Zero has a sign only as a DOUBLE. */
const IS_DECIMAL = `(${DECIMAL}::DOUBLE = value AND NOT (value = 0 AND signbit(value)))`

/** Columns of a file, of rows that have `id`, `key`, `at_ms`, `value` (DOUBLE), `received_ms`, `turn`, `quality`. */
export const WRITTEN_COLUMNS = `id AS meter, at_ms, CASE WHEN ${IS_DECIMAL} THEN ${DECIMAL} END AS value,
  CASE WHEN ${IS_DECIMAL} THEN NULL ELSE value END AS exact, received_ms, turn, quality, key`

/** The value of a row of a file, as it was sent. */
export const READ_VALUE = 'coalesce(exact, value::DOUBLE)'

export interface FileContent {
  county: string
  month: Month
  /** Number of its rows. */
  rows: number
  /** Files whose rows it has, so that nobody who finds these beside it counts them twice. */
  replaces?: readonly string[]
}
/** Of a COPY; its rows must come in the order of the format. */
export const copyOptions = ({ county, month, rows, replaces = [] }: FileContent): string =>
  `(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${rowGroupRows(rows)},
     DICTIONARY_SIZE_LIMIT ${DICTIONARY_MAX}, KV_METADATA {
     kilowatch_lake: '${LAKE_VERSION}', county: ${quoted(county)}, month: '${month}', replaces: ${quoted(replaces.join(' '))}})`

/** FROM clause of files, whose rows come in the order of the list, with `file_row_number`; needs at least one. */
export const readFiles = (folder: string, paths: readonly string[]): string =>
  `read_parquet([${paths.map((path) => quoted(join(folder, path))).join(',')}],
     hive_partitioning = false, file_row_number = true)`
