// Which files the lake has, and what lies in each: tables of the DuckDB file, so that a file enters the lake in the
// transaction that takes its rows away from where they were. Held in memory as well, for every read asks it.

import type { DuckDBConnection } from '@duckdb/node-api'
import type { Month } from '../../domain/calendar.ts'
import { quoted } from './format.ts'

export interface LakeFile {
  /** Below the lake's folder. */
  path: string
  county: string
  month: Month
  rows: number
  bytes: number
  sha256: string
  /** First and last time of a reading, both included. */
  fromMs: number
  toMs: number
  /** First and last receipt, both included. */
  receivedFromMs: number
  receivedToMs: number
}

export interface ManifestChange {
  added: readonly LakeFile[]
  /** Paths of files that the added ones replace. */
  replaced: readonly string[]
}

export interface LakeManifest {
  /** The earliest received first. */
  files(): readonly LakeFile[]
  /** Rows of all files. */
  rows(): number
  /** Files that may have readings of these meters, of fromMs ≤ at < toMs, received after `sinceMs`; earliest first. */
  filesOf(keys: readonly number[], span: { fromMs: number; toMs: number; sinceMs?: number }): LakeFile[]
  /**
   * Whether the order of these files is not the order of receipt: a meter moved from county to county, or files of one
   * county and month, of a lake from elsewhere, hold receipts of the same time.
   */
  isDisordered(keys: readonly number[], files: readonly LakeFile[]): boolean
  /** Notes the counties in which meters have readings, by key, before files of these enter. */
  addPlaces(connection: DuckDBConnection, places: Iterable<readonly [key: number, county: string]>): Promise<void>
  /** Changes the tables, within the caller's transaction; the memory follows by the returned function. */
  change(connection: DuckDBConnection, change: ManifestChange): Promise<() => void>
  /** Takes files out that are lost; what is left of them stays where it is. */
  forget(connection: DuckDBConnection, paths: readonly string[]): Promise<void>
  /** Paths that are to be deleted: replaced, or begun and never entered. */
  removals(): readonly string[]
  /** Notes that these files are being written: they are removed at the next start unless they have entered. */
  begin(connection: DuckDBConnection, paths: readonly string[]): Promise<void>
  removed(connection: DuckDBConnection, paths: readonly string[]): Promise<void>
}

export async function openManifest(connection: DuckDBConnection): Promise<LakeManifest> {
  await connection.run(`
    CREATE TABLE IF NOT EXISTS lake_files(path VARCHAR NOT NULL, county VARCHAR NOT NULL, month VARCHAR NOT NULL,
      rows DOUBLE NOT NULL, bytes DOUBLE NOT NULL, sha256 VARCHAR NOT NULL, from_ms DOUBLE NOT NULL,
      to_ms DOUBLE NOT NULL, received_from_ms DOUBLE NOT NULL, received_to_ms DOUBLE NOT NULL);
    CREATE TABLE IF NOT EXISTS lake_places(key UINTEGER NOT NULL, county VARCHAR NOT NULL);
    CREATE TABLE IF NOT EXISTS lake_removals(path VARCHAR NOT NULL)`)
  let files = await storedFiles(connection)
  let rows = rowsIn(files)
  const counties = await storedPlaces(connection)
  const removals = new Set(
    (await connection.runAndReadAll('SELECT path FROM lake_removals')).getRows().map(([path]) => String(path)),
  )
  const placesOf = (keys: readonly number[]): Set<string> => new Set(keys.flatMap((key) => counties.get(key) ?? []))
  return {
    files: () => files,
    rows: () => rows,
    filesOf(keys, { fromMs, toMs, sinceMs = Number.NEGATIVE_INFINITY }) {
      const near = files.filter((file) => file.toMs >= fromMs && file.fromMs < toMs && file.receivedToMs > sinceMs)
      if (near.length === 0) return near
      const own = placesOf(keys)
      return near.filter(({ county }) => own.has(county))
    },
    isDisordered: (keys, chosen) =>
      keys.some((key) => (counties.get(key)?.length ?? 0) > 1) ||
      [...Map.groupBy(chosen, ({ county, month }) => `${county} ${month}`).values()].some(haveCommonReceipts),
    async addPlaces(connection, places) {
      const fresh = new Map<number, Set<string>>()
      for (const [key, county] of places)
        if (!counties.get(key)?.includes(county)) fresh.set(key, (fresh.get(key) ?? new Set<string>()).add(county))
      const rows = [...fresh].flatMap(([key, own]) => [...own].map((county) => `${key},${quoted(county)}`))
      await insertRows(connection, 'lake_places', rows)
      // Only what is stored is known: a place that is missing in the table hides readings after the next start.
      for (const [key, own] of fresh) counties.set(key, [...(counties.get(key) ?? []), ...own])
    },
    async change(connection, { added, replaced }) {
      for (const file of added) await connection.run(insertOf(file))
      if (replaced.length > 0) {
        await connection.run(`DELETE FROM lake_files WHERE path IN (${replaced.map(quoted).join(',')})`)
        await insertRows(connection, 'lake_removals', replaced.map(quoted))
      }
      const entered = added.map(({ path }) => quoted(path)).join(',')
      if (added.length > 0) await connection.run(`DELETE FROM lake_removals WHERE path IN (${entered})`)
      return () => {
        const gone = new Set(replaced)
        files = inOrder([...files.filter(({ path }) => !gone.has(path)), ...added])
        rows = rowsIn(files)
        for (const path of replaced) removals.add(path)
        for (const { path } of added) removals.delete(path)
      }
    },
    async forget(connection, paths) {
      if (paths.length > 0)
        await connection.run(`DELETE FROM lake_files WHERE path IN (${paths.map(quoted).join(',')})`)
      files = files.filter(({ path }) => !paths.includes(path))
      rows = rowsIn(files)
    },
    removals: () => [...removals],
    async begin(connection, paths) {
      await insertRows(connection, 'lake_removals', paths.map(quoted))
      for (const path of paths) removals.add(path)
    },
    async removed(connection, paths) {
      if (paths.length > 0)
        await connection.run(`DELETE FROM lake_removals WHERE path IN (${paths.map(quoted).join(',')})`)
      for (const path of paths) removals.delete(path)
    },
  }
}

/** Of files in the order of their first receipt. */
function haveCommonReceipts(files: readonly LakeFile[]): boolean {
  let lastMs = Number.NEGATIVE_INFINITY
  for (const { receivedFromMs, receivedToMs } of files) {
    if (receivedFromMs <= lastMs) return true
    lastMs = receivedToMs
  }
  return false
}

const rowsIn = (files: readonly LakeFile[]): number => files.reduce((sum, file) => sum + file.rows, 0)

const inOrder = (files: LakeFile[]): LakeFile[] =>
  files.sort((a, b) => a.receivedFromMs - b.receivedFromMs || (a.path < b.path ? -1 : 1))

async function storedFiles(connection: DuckDBConnection): Promise<LakeFile[]> {
  const rows = await connection.runAndReadAll(
    `SELECT path, county, month, sha256, rows, bytes, from_ms, to_ms, received_from_ms, received_to_ms FROM lake_files`,
  )
  return inOrder(
    rows.getRows().map(([path, county, month, sha256, ...numbers]): LakeFile => {
      const [count = 0, bytes = 0, fromMs = 0, toMs = 0, receivedFromMs = 0, receivedToMs = 0] = numbers.map(Number)
      return {
        ...{ path: String(path), county: String(county), month: String(month) as Month, sha256: String(sha256) },
        ...{ rows: count, bytes, fromMs, toMs, receivedFromMs, receivedToMs },
      }
    }),
  )
}

async function storedPlaces(connection: DuckDBConnection): Promise<Map<number, string[]>> {
  const places = new Map<number, string[]>()
  for (const [key, county] of (
    await connection.runAndReadAll('SELECT DISTINCT key, county FROM lake_places ORDER BY ALL')
  ).getRows()) {
    const own = places.get(Number(key))
    if (own) own.push(String(county))
    else places.set(Number(key), [String(county)])
  }
  return places
}

const insertOf = (file: LakeFile): string =>
  `INSERT INTO lake_files(path, county, month, sha256, rows, bytes, from_ms, to_ms, received_from_ms, received_to_ms)
   VALUES (${[file.path, file.county, file.month, file.sha256].map(quoted).join(',')},
     ${[file.rows, file.bytes, file.fromMs, file.toMs, file.receivedFromMs, file.receivedToMs].join(',')})`

/** Rows of SQL literals, some hundred a statement. */
export async function insertRows(connection: DuckDBConnection, table: string, rows: readonly string[]): Promise<void> {
  const step = 500
  for (let first = 0; first < rows.length; first += step) {
    const values = rows.slice(first, first + step).map((row) => `(${row})`)
    await connection.run(`INSERT INTO ${table} VALUES ${values.join(',')}`)
  }
}
