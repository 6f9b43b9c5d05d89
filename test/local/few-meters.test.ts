// That a few meters are read from the lake's files as DuckDB reads them, value by value; what our own reader does not
// know it leaves to DuckDB.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must } from '../../domain/must.ts'
import { fewMeterReader } from '../../local/lake/few-meters.ts'
import { madeFile } from '../../local/lake/file.ts'
import { quoted, READ_VALUE, readFiles, WRITTEN_COLUMNS } from '../../local/lake/format.ts'
import type { LakeFile } from '../../local/lake/manifest.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'kilowatch-few-'))
const FIRST_MS = Date.UTC(2026, 0, 1)
const ALL = { fromMs: FIRST_MS - 1, toMs: FIRST_MS + 1e12 }
/** Sorted by their bytes, as files are. */
const IDS = ['130101-1-E1', '130101-1-E2', '130101-10-E1', 'Ä-1', '表-1', '表-2']

let connection: DuckDBConnection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:')
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  rmSync(FOLDER, { recursive: true })
})

let made = 0
/** A file of each meter's rows; `value` is SQL over m (its number) and s (the row's). */
async function fileOf(value: string, { rows = 3_000, quality = '0', step = '900000' } = {}): Promise<LakeFile> {
  const path = `${made++}.parquet`
  const ids = IDS.map(quoted).join(',')
  const sql = `SELECT ${WRITTEN_COLUMNS} FROM (
      SELECT [${ids}][m + 1] AS id, ${FIRST_MS} + s * ${step} AS at_ms, (${value})::DOUBLE AS value,
        ${FIRST_MS} + s * 900000 + m AS received_ms, 0::UINTEGER AS turn, (${quality})::UTINYINT AS quality, m::UINTEGER AS key
      FROM range(${IDS.length}) meters(m), range(${rows}) steps(s))
    ORDER BY key, at_ms, received_ms`
  return await madeFile(connection, sql, {
    ...{ folder: FOLDER, path, county: '130101', month: '2026-01', rows: rows * IDS.length },
  })
}

const readerOf = (files: LakeFile[]) =>
  fewMeterReader({
    manifest: { filesOf: () => files, isDisordered: () => false },
    ...{ lakeFolder: FOLDER, keyCount: () => IDS.length, idOf: (key) => must(IDS[key]) },
  })

/** The same rows as DuckDB reads them. */
async function bySql(file: LakeFile, keys: readonly number[], { fromMs, toMs }: typeof ALL) {
  const found = await connection.runAndReadAll(
    `SELECT key, at_ms::DOUBLE, if(quality % 4 = 1, 'NaN'::DOUBLE, ${READ_VALUE}), quality
     FROM ${readFiles(FOLDER, [file.path])} WHERE key IN (${keys.join(',')}) AND at_ms >= ${fromMs} AND at_ms < ${toMs}`,
  )
  return found.getRows()
}

async function expectSame(files: LakeFile[], keys: readonly number[], span = ALL): Promise<number> {
  const rows = must(await readerOf(files)(keys, span))
  const own = Array.from(rows.meters, (key, n) => [key, rows.times[n], rows.values[n], rows.marks[n]])
  const theirs = (await Promise.all(files.map((file) => bySql(file, keys, span)))).flat()
  expect(own).toEqual(theirs)
  return own.length
}

const CASES = [
  { what: 'registers of two places', value: 'm * 100000 + (s * 17 + s % 5) / 100' },
  { what: 'registers that jump back and forth', value: 'CASE WHEN s % 7 = 0 THEN m * 1e9 ELSE s * 1.25 END' },
  {
    what: 'negative values and both zeros',
    value: "CASE WHEN s % 3 = 0 THEN '-0.0'::DOUBLE WHEN s % 3 = 1 THEN 0 ELSE -s END",
  },
  { what: 'values that are no decimals', value: 's / 7.3 + m' },
  { what: 'both in turn', value: 'CASE WHEN s % 50 < 20 THEN s / 3 ELSE s / 8 END' },
  { what: 'few different values', value: 's % 4' },
  { what: 'doubles alone, few different', value: '(s % 4) / 3' },
  { what: 'qualities and units', value: 's', quality: 's % 3 + 4 * (m % 5)' },
  { what: 'several values of a time', value: 's', step: '(s // 3) * 1000' },
  { what: 'a file of one row group', value: 's * 0.5', rows: 300 },
]
test.each(CASES)('reads $what as DuckDB does', async ({ value, ...options }) => {
  const file = await fileOf(value, options)
  for (const keys of [[0], [5], [1, 2], [0, 3, 4]]) expect(await expectSame([file], keys)).toBeGreaterThan(0)
  const middle = { fromMs: FIRST_MS + 100 * 900_000, toMs: FIRST_MS + 200 * 900_000 }
  await expectSame([file, file], [4, 1], middle)
})

test('reads files of any registers as DuckDB does', async () => {
  const numbers = fc.record({
    ...{ slope: fc.double({ min: -1e4, max: 1e4, noNaN: true }), places: fc.integer({ min: 0, max: 5 }) },
    ...{ base: fc.double({ min: -1e8, max: 1e8, noNaN: true }), noise: fc.integer({ min: 1, max: 1_000_000 }) },
  })
  await fc.assert(
    fc.asyncProperty(numbers, async ({ slope, places, base, noise }) => {
      const value = `round(${base}::DOUBLE + ${slope}::DOUBLE * s + hash(s * 7 + m) % ${noise} / 1000, ${places})`
      await expectSame([await fileOf(value, { rows: 1_500 })], [2, 4])
    }),
    { numRuns: 12 },
  )
})

test('leaves to DuckDB what it cannot read exactly', async () => {
  expect(await readerOf([await fileOf('CASE WHEN s = 40 THEN 2e14 ELSE s END')])([1], ALL)).toBeUndefined()
})

test('leaves many meters, meters that moved, and files of other writers to DuckDB', async () => {
  const file = await fileOf('s', { rows: 50 })
  const places = { lakeFolder: FOLDER, keyCount: () => 200, idOf: () => 'a' }
  const keys = Array.from({ length: 101 }, (_, key) => key)
  const none = { filesOf: () => [file], isDisordered: () => false }
  expect(await fewMeterReader({ ...places, manifest: none })(keys, ALL)).toBeUndefined()
  const moved = { ...none, isDisordered: () => true }
  expect(await fewMeterReader({ ...places, manifest: moved })([0], ALL)).toBeUndefined()
  const path = 'doubles.parquet'
  const doubles = `SELECT * EXCLUDE file_row_number REPLACE (value::DOUBLE AS value) FROM ${readFiles(FOLDER, [file.path])}`
  const other = await madeFile(connection, doubles, { folder: FOLDER, path, county: '1', month: '2026-01', rows: 300 })
  expect(await readerOf([other])([0], ALL)).toBeUndefined()
})
