// Writes what a host has to files that anybody's tools open (docs/rules/lake.md#export): readings, hours of use, and
// the meters with their institutions. By county and month, so that memory stays small; whole or not at all.

import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { addMonths, dayOf, dayStartMs, HOUR_MS, type Month, monthOf, monthRange } from '../domain/calendar.ts'
import { HOUR_FLAGS, NO_HOUR } from '../domain/hours.ts'
import { CARRIERS } from '../domain/medium.ts'
import type { Institution, Meter } from '../domain/registry/records.ts'
import type { ExportFormat, ExportView } from '../domain/view/export.ts'
import type { ConsumptionStore, ExportAsked, StateStore } from '../functions/platform.ts'
import { registryReader, shardsBelow } from '../functions/registry/reader.ts'
import { RELEASE } from '../functions/state/version.ts'
import { EXPORT_OPTIONS, instantOf } from './export-readings.ts'
import { hashOf } from './lake/file.ts'
import { quoted } from './lake/format.ts'
import { insertRows } from './lake/manifest.ts'
import { CHUNK_ROWS, chunkColumns, READING_COLUMNS } from './lake/reading-columns.ts'
import type { ReadingFile } from './reading-store.ts'

const MANIFEST_FILE = 'export.json'
const FORMAT = 1
/** Meters whose hours of a month are in memory at once. */
const METERS_AT_ONCE = 500

export interface ExportSource {
  readings: Pick<ReadingFile, 'exportTo' | 'span'>
  consumption: Pick<ConsumptionStore, 'get'>
  state: StateStore
  now(): number
}

/**
 * Makes the folder `asked.folder`, which must not be there or be empty. Throws an Error with a sentence when it is not,
 * when the area is unknown, or when a file cannot be written; then nothing was made.
 */
export async function exportFolder(source: ExportSource, asked: ExportAsked): Promise<ExportView> {
  const { folder, format } = asked
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`"${folder}" is not empty: export to a new folder`)
  const shards = await shardsAsked(source.state, asked.area)
  const months = monthsAsked(source, asked)
  const draft = `${resolve(folder)}.${randomUUID()}`
  const hours = await hourFiles(format)
  try {
    await mkdir(draft, { recursive: true, mode: 0o700 })
    const counts = { readings: 0, hours: 0, meters: 0 }
    const filled = new Set<Month>()
    const registry = registryReader(source.state)
    await registry.refresh()
    const rows: string[] = []
    for (const shard of shards) {
      const { institutions, meters } = await registry.shard(shard)
      const ids = meters.map(({ id }) => id)
      counts.meters += ids.length
      rows.push(...meterRows(shard, meters, institutions))
      for (const month of months) {
        const place = join(`county=${shard}`, `month=${month}.${format}`)
        const range = monthRange(month)
        const readings = await inFolder(draft, 'readings', place, (path) =>
          source.readings.exportTo({ path, meters: ids, format, ...range }),
        )
        const used = await inFolder(draft, 'hours', place, (path) =>
          hours.write({ path, meters: ids, consumption: source.consumption, ...range }),
        )
        counts.readings += readings
        counts.hours += used
        if (readings + used > 0) filled.add(month)
      }
    }
    await hours.writeMeters(join(draft, `meters.${format}`), rows)
    const files = await filesIn(draft)
    const view: ExportView = {
      ...{ folder, format, months: [...filled].sort(), ...counts, files: files.length },
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    }
    const manifest = { version: FORMAT, by: RELEASE, at: new Date(source.now()).toISOString(), ...view, files }
    await writeFile(join(draft, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
    await rm(folder, { recursive: true, force: true })
    await mkdir(dirname(resolve(folder)), { recursive: true })
    await rename(draft, folder)
    return view
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  } finally {
    hours.close()
  }
}

async function shardsAsked(state: StateStore, area: string | undefined): Promise<string[]> {
  const registry = registryReader(state)
  const head = await registry.refresh()
  if (area === undefined) return head.shards
  if (!(await registry.areas()).some(({ code }) => code === area))
    throw new Error(`area "${area}" is not in the registry`)
  return await shardsBelow(area, { registry, head })
}

/** All months from the first to the last asked for, or that the readings span. */
function monthsAsked({ readings }: ExportSource, { from, to }: ExportAsked): Month[] {
  const { oldestMs, newestMs } = readings.span()
  const [first, last] = [from ?? monthAt(oldestMs), to ?? monthAt(newestMs)]
  const months: Month[] = []
  if (first === undefined || last === undefined) return months
  for (let month = first; month <= last; month = addMonths(month, 1)) months.push(month)
  return months
}
const monthAt = (ms: number): Month | undefined => (Number.isFinite(ms) ? monthOf(ms) : undefined)

/** Writes one file at its place; a place without rows is left out. */
async function inFolder(
  draft: string,
  kind: 'readings' | 'hours',
  place: string,
  write: (path: string) => Promise<number>,
): Promise<number> {
  const path = join(draft, kind, place)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  return await write(path)
}

async function filesIn(folder: string): Promise<{ path: string; bytes: number; sha256: string }[]> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const files = []
  for (const path of paths) {
    const stat = statSync(join(folder, path))
    if (stat.isFile()) files.push({ path, bytes: stat.size, sha256: await hashOf(join(folder, path)) })
  }
  return files
}

const METER_COLUMNS = [
  'meter',
  'institution',
  'institution_name',
  'county',
  'medium',
  'kind',
  'role',
  'unit',
  'amount_unit',
] as const

/** Rows of SQL literals. */
function meterRows(shard: string, meters: readonly Meter[], institutions: readonly Institution[]): string[] {
  const names = new Map(institutions.map(({ id, name }) => [id, name]))
  return meters.map(({ id, institution, medium, kind, role, unit }) =>
    [id, institution, names.get(institution) ?? '', shard, medium, kind, role, unit, CARRIERS[medium].amountUnit]
      .map(quoted)
      .join(','),
  )
}

interface HoursAsked {
  path: string
  meters: readonly string[]
  consumption: ExportSource['consumption']
  fromMs: number
  toMs: number
}

/** A DuckDB in memory that writes what does not come from the store of readings. */
async function hourFiles(format: ExportFormat) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE hours(${READING_COLUMNS}); CREATE TABLE ids(key UINTEGER, id VARCHAR);
    CREATE TABLE meters(${METER_COLUMNS.map((column) => `${column} VARCHAR`).join(',')})`)
  const flags = HOUR_FLAGS.map((flag, code) => `WHEN ${code} THEN ${quoted(flag)}`).join(' ')
  return {
    /** Resolves to the number of hours; no file is made of none. */
    async write({ path, meters, consumption, fromMs, toMs }: HoursAsked): Promise<number> {
      const places = new Map(meters.map((meter, key) => [meter, key]))
      let count = 0
      for (let first = 0; first < meters.length; first += METERS_AT_ONCE)
        count += await addHours(
          connection,
          await consumption.get(meters.slice(first, first + METERS_AT_ONCE), dayOf(fromMs), dayOf(toMs)),
          places,
        )
      if (count === 0) return 0
      await insertRows(
        connection,
        'ids',
        meters.map((meter, key) => `${key},${quoted(meter)}`),
      )
      await connection.run(`COPY (
          SELECT id AS meter, ${instantOf('at_ms', format)} AS hour,
            CASE WHEN isnan(value) THEN NULL ELSE value END AS amount, CASE quality ${flags} END AS flag
          FROM hours JOIN ids ON ids.key = hours.meter ORDER BY id, at_ms) TO ${quoted(path)} ${EXPORT_OPTIONS[format]}`)
      await connection.run('DELETE FROM hours; DELETE FROM ids')
      return count
    },
    async writeMeters(path: string, rows: readonly string[]): Promise<void> {
      await insertRows(connection, 'meters', rows)
      await connection.run(`COPY (SELECT * FROM meters ORDER BY ALL) TO ${quoted(path)} ${EXPORT_OPTIONS[format]}`)
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Resolves to the number of hours that were settled. */
async function addHours(
  connection: DuckDBConnection,
  days: Awaited<ReturnType<ConsumptionStore['get']>>,
  places: ReadonlyMap<string, number>,
): Promise<number> {
  const appender = await connection.createAppender('hours')
  const columns = chunkColumns()
  let [row, count] = [0, 0]
  const flush = (): void => {
    if (row > 0) appender.appendDataChunk(columns.chunk(row))
    count += row
    row = 0
  }
  for (const { meter, day, amounts, flags } of days)
    for (const [hour, amount] of amounts.entries()) {
      const flag = flags[hour] ?? NO_HOUR
      if (flag === NO_HOUR) continue
      columns.set(row++, places.get(meter) ?? 0, dayStartMs(day) + hour * HOUR_MS, amount, 0, flag)
      if (row === CHUNK_ROWS) flush()
    }
  flush()
  appender.closeSync()
  return count
}
