// Takes in the files of a lake that the DuckDB file does not know: of a folder whose file was lost, or of a lake from
// elsewhere that was put into an empty data folder (docs/rules/lake.md#from-the-lake-alone).

import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Month } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { describedFile, madeFile } from './file.ts'
import { quoted, readFiles } from './format.ts'
import type { LakeFile, LakeManifest } from './manifest.ts'

const PATH = /^v1\/readings\/county=(\d{1,12})\/month=(\d{4}-(?:0[1-9]|1[0-2]))\/[^/]+\.parquet$/

/** Enters the files of a folder when the store has neither files nor meters. */
export async function adoptIfNew(connection: DuckDBConnection, folder: string, manifest: LakeManifest): Promise<void> {
  const rows = await connection.runAndReadAll('SELECT count(*) > 0 FROM meter_keys')
  if (manifest.files().length === 0 && rows.getRows()[0]?.[0] === false) await adoptLake(connection, folder, manifest)
}

/** Enters all files of the folder; resolves to their number. Throws when a file cannot be read, naming it. */
async function adoptLake(connection: DuckDBConnection, folder: string, manifest: LakeManifest): Promise<number> {
  const found = lakeFilesIn(folder)
  const replaced = new Set<string>()
  for (const path of found) for (const one of await replacedBy(connection, folder, path)) replaced.add(one)
  const paths = found.filter((path) => !replaced.has(path))
  if (paths.length === 0) return 0
  if (!(await haveKeys(connection, folder, paths))) await giveKeys(connection, folder, paths)
  const places: [number, string][] = []
  const added: LakeFile[] = []
  for (const path of paths) {
    const { county, month } = must(placeOf(path))
    added.push(await describedFile(connection, { folder, path, county, month }))
    const rows = await connection.runAndReadAll(`SELECT DISTINCT key FROM ${readFiles(folder, [path])}`)
    for (const [key] of rows.getRows()) places.push([Number(key), county])
  }
  await connection.run('BEGIN')
  await connection.run(
    `INSERT INTO meter_keys SELECT DISTINCT key, meter FROM ${readFiles(folder, paths)} ORDER BY key`,
  )
  await manifest.addPlaces(connection, places)
  const apply = await manifest.change(connection, { added, replaced: [...replaced] })
  await connection.run('COMMIT')
  apply()
  return added.length
}

/** Paths below the folder, as the manifest has them. */
function lakeFilesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => placeOf(path) !== undefined)
    .sort()
}

function placeOf(path: string): { county: string; month: Month } | undefined {
  const [, county, month] = PATH.exec(path) ?? []
  return county !== undefined && month !== undefined ? { county, month: month as Month } : undefined
}

async function replacedBy(connection: DuckDBConnection, folder: string, path: string): Promise<string[]> {
  const rows = await connection
    .runAndReadAll(
      `SELECT decode(value) FROM parquet_kv_metadata(${quoted(join(folder, path))}) WHERE decode(key) = 'replaces'`,
    )
    .catch((error: Error) => {
      throw new Error(`"${join(folder, path)}" is no file of the lake, or is damaged: ${error.message}`)
    })
  return String(rows.getRows()[0]?.[0] ?? '')
    .split(' ')
    .filter((one) => one !== '')
}

/** Whether each row has the key of its meter, and one meter has one key in all files. */
async function haveKeys(connection: DuckDBConnection, folder: string, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const columns = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${readFiles(folder, [path])}`)
    if (!columns.getRows().some(([name]) => name === 'key')) return false
  }
  const rows = await connection.runAndReadAll(
    `SELECT count(*) = count(DISTINCT meter) AND count(*) = count(DISTINCT key) AND count(*) = count(key)
     FROM (SELECT DISTINCT meter, key FROM ${readFiles(folder, paths)})`,
  )
  return rows.getRows()[0]?.[0] === true
}

/** Writes each file anew, in its place, with keys of this store. */
async function giveKeys(connection: DuckDBConnection, folder: string, paths: readonly string[]): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE adopted_keys AS
     SELECT meter AS id, (row_number() OVER (ORDER BY meter) - 1)::UINTEGER AS number
     FROM (SELECT DISTINCT meter FROM ${readFiles(folder, paths)})`,
  )
  for (const path of paths) {
    const { county, month } = must(placeOf(path))
    const columns = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${readFiles(folder, [path])}`)
    const names = new Set(columns.getRows().map(([name]) => String(name)))
    const turn = names.has('turn') ? 'turn' : '0::UINTEGER'
    // The rank in µs, where that is not the receipt.
    const received = names.has('arrival') ? 'coalesce(arrival // 1000, received_ms)' : 'received_ms'
    const rank = names.has('arrival') ? 'coalesce(arrival, received_ms * 1000)' : 'received_ms'
    const rows = `SELECT meter, at_ms, value::DECIMAL(18,3) AS value, exact::DOUBLE AS exact, ${received} AS received_ms,
        ${turn} AS turn, quality::UTINYINT AS quality, number AS key
      FROM ${readFiles(folder, [path])} JOIN adopted_keys ON id = meter
      ORDER BY meter, at_ms, ${rank}, file_row_number`
    const own = `${path.slice(0, -'.parquet'.length)}.keyed.parquet`
    const { rows: count } = await describedFile(connection, { folder, path, county, month })
    await madeFile(connection, rows, { folder, path: own, county, month, rows: count })
    renameSync(join(folder, own), join(folder, path))
  }
}
