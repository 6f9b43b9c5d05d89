// Moves what has arrived from the DuckDB file into files of the lake, and merges these (docs/rules/lake.md#tidying).
// It goes on beside ingest and gives way to it; a kill at any moment loses nothing and leaves nothing twice, since
// files enter in the transaction that takes their rows away.

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DAY_MS, dayStartMs, monthOf, monthRange, UTC8_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { Slice } from './arrivals.ts'
import { madeFile } from './file.ts'
import { DRAFT_SUFFIX, type FileContent, lakePath, NO_COUNTY, quoted, WRITTEN_COLUMNS } from './format.ts'
import type { LakeFile, LakeManifest, ManifestChange } from './manifest.ts'
import { mergesDue } from './merge-rule.ts'
import type { Merger } from './merger.ts'
import { SHARE } from './pace.ts'

/** Rows after which the table of arrivals is closed, and how old a smaller one may become. */
const ROWS_MAX = 4_000_000
const ROWS_OF_A_DAY = 100_000
const AGE_MS_MAX = 31 * DAY_MS
const PAUSE_MS_MAX = 10_000

/** What the store of readings does for the mover. */
export interface Arrivals {
  folder: string
  manifest: LakeManifest
  /** Tables of arrivals, the oldest first; the last is the one that grows. */
  tables(): readonly string[]
  /** Rows of the table that grows, and when the first of them came. */
  growing(): { rows: number; sinceMs: number }
  /** Begins a new table. */
  close(): Promise<void>
  /** Enters files, and takes the rows away that they have, while nobody reads or writes. */
  enter(change: ManifestChange, slice?: Slice): Promise<void>
  /** Number of batches stored so far. */
  batches(): number
  idOf(key: number): string
  /** Whether each message of a table is known to go in order of time. */
  isInOrder(table: string): boolean
  /** Whether files that were replaced must stay: a backup copies them. */
  isHeld(): boolean
}

export interface TidyOptions {
  /** County of each meter, as the registry has it now; undefined where it does not know the meter. */
  countiesOf(meters: readonly string[]): Promise<readonly (string | undefined)[]>
  nowMs: number
  /** Moves all that has arrived, and merges what can be merged. */
  all?: boolean
  /** Ends the pass before its next file. */
  signal?: AbortSignal
}
export interface Tidied {
  /** Readings that went into the lake. */
  moved: number
  /** Files made of more than one. */
  merged: number
}

/** One pass. Throws when the disk is full, or a file cannot be written; the next pass begins anew. */
export async function tidy(
  connection: DuckDBConnection,
  arrivals: Arrivals,
  options: TidyOptions,
  { merge }: Pick<Merger, 'merge'>,
): Promise<Tidied> {
  await removeGone(connection, arrivals)
  if (isDue(arrivals.growing(), options)) await arrivals.close()
  let moved = 0
  while (arrivals.tables().length > 1) {
    const files = await moveSlice(
      connection,
      await firstSlice(connection, must(arrivals.tables()[0])),
      arrivals,
      options,
    )
    if (!files) return { moved, merged: 0 }
    moved += files.reduce((sum, { rows }) => sum + rows, 0)
  }
  let merged = 0
  for (const inputs of mergesDue(arrivals.manifest.files(), options)) {
    if (options.signal?.aborted) break
    const { county, month } = must(inputs[0])
    const path = lakePath(county, month, randomUUID())
    const replaces = inputs.map((file) => file.path)
    await arrivals.manifest.begin(connection, [path])
    const rows = inputs.reduce((sum, file) => sum + file.rows, 0)
    const file = await merge({ folder: arrivals.folder, path, county, month, rows, replaces }, arrivals.batches)
    await syncFolder(dirname(join(arrivals.folder, path)))
    await arrivals.enter({ added: [file], replaced: replaces })
    await removeGone(connection, arrivals)
    merged++
  }
  return { moved, merged }
}

function isDue({ rows, sinceMs }: { rows: number; sinceMs: number }, { nowMs, all }: TidyOptions): boolean {
  if (rows === 0) return false
  const ageMs = nowMs - sinceMs
  return all === true || rows >= ROWS_MAX || (ageMs >= DAY_MS && rows >= ROWS_OF_A_DAY) || ageMs >= AGE_MS_MAX
}

/** Files that were replaced, or begun by a process that was killed. */
async function removeGone(connection: DuckDBConnection, { folder, manifest, isHeld }: Arrivals): Promise<void> {
  const paths = isHeld() ? [] : manifest.removals()
  for (const path of paths)
    for (const left of [path, `${path}${DRAFT_SUFFIX}`]) rmSync(join(folder, left), { force: true })
  await manifest.removed(connection, paths)
}

/** A table of an older version may have years: it goes in steps, each of which stays when the next is killed. */
async function firstSlice(connection: DuckDBConnection, table: string): Promise<Slice> {
  // Rows come in order of receipt.
  const rows = await connection.runAndReadAll(
    `SELECT count(*) > ${ROWS_MAX}, (SELECT max(received_ms)::DOUBLE FROM (SELECT received_ms FROM ${table} LIMIT ${ROWS_MAX}))
     FROM ${table}`,
  )
  const [isLong, untilMs] = must(rows.getRows()[0])
  return { table, untilMs: isLong === true ? Number(untilMs) : undefined }
}

/** Undefined when it was stopped; then nothing has changed. */
async function moveSlice(
  connection: DuckDBConnection,
  slice: Slice,
  arrivals: Arrivals,
  options: TidyOptions,
): Promise<LakeFile[] | undefined> {
  const { table, untilMs } = slice
  const giveWay = givingWay(arrivals, options.signal)
  const stored = untilMs === undefined ? table : `(SELECT *, rowid FROM ${table} WHERE received_ms <= ${untilMs})`
  await placesOf(connection, stored, arrivals, options)
  await disorderOf(connection, stored, arrivals.isInOrder(table))
  const parts = await partsOf(connection, stored)
  await giveWay()
  const paths = parts.map(({ county, month }) => lakePath(county, month, randomUUID()))
  await arrivals.manifest.begin(connection, paths)
  const files: LakeFile[] = []
  for (const [index, part] of parts.entries()) {
    const { county, month } = part
    if (options.signal?.aborted) return undefined
    const { fromMs, toMs } = monthRange(month)
    const rows = `SELECT ${WRITTEN_COLUMNS} FROM (
        SELECT place.id, stored.meter AS key, at_ms, value, stored.received_ms, coalesce(disorder.turn, 0)::UINTEGER AS turn,
          quality, stored.rowid AS n
        FROM ${stored} stored JOIN tidy_places place ON place.key = stored.meter
        LEFT JOIN tidy_disorder disorder ON disorder.n = stored.rowid
        WHERE place.county = ${quoted(county)} AND at_ms >= ${fromMs} AND at_ms < ${toMs})
      ORDER BY id, at_ms, received_ms, n`
    files.push(await madeFile(connection, rows, { folder: arrivals.folder, path: must(paths[index]), ...part }))
    await giveWay()
  }
  for (const folder of new Set(paths.map((path) => dirname(join(arrivals.folder, path))))) await syncFolder(folder)
  await arrivals.enter({ added: files, replaced: [] }, slice)
  return files
}

/** Called after each piece of work: pauses while readings come, so that work takes one part of the time in `SHARE`. */
function givingWay({ batches }: Arrivals, signal: AbortSignal | undefined): () => Promise<void> {
  let [told, beganMs] = [batches(), performance.now()]
  return async () => {
    const pauseMs = batches() > told ? Math.min(PAUSE_MS_MAX, (performance.now() - beganMs) * (SHARE - 1)) : 0
    // When it is stopped meanwhile, the caller sees that before its next piece.
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    told = batches()
    beganMs = performance.now()
  }
}

/** The meters of the rows with their ids and counties. */
async function placesOf(
  connection: DuckDBConnection,
  stored: string,
  { manifest, idOf }: Arrivals,
  { countiesOf }: TidyOptions,
): Promise<void> {
  const rows = await connection.runAndReadAll(`SELECT DISTINCT meter FROM ${stored} ORDER BY meter`)
  const keys = rows.getRows().map(([key]) => Number(key))
  const counties = await countiesOf(keys.map(idOf))
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE tidy_places(key UINTEGER NOT NULL, id VARCHAR NOT NULL, county VARCHAR NOT NULL)',
  )
  const appender = await connection.createAppender('tidy_places')
  const places = keys.map((key, index): [number, string] => [key, folderName(counties[index])])
  for (const [key, county] of places) {
    appender.appendUInteger(key)
    appender.appendVarchar(idOf(key))
    appender.appendVarchar(county)
    appender.endRow()
  }
  appender.closeSync()
  await manifest.addPlaces(connection, places)
}

/** The rows whose message did not go in order of time. */
async function disorderOf(connection: DuckDBConnection, stored: string, isInOrder: boolean): Promise<void> {
  await connection.run('CREATE OR REPLACE TEMP TABLE tidy_disorder(n BIGINT NOT NULL, turn BIGINT NOT NULL)')
  if (isInOrder) return
  await connection.run(`INSERT INTO tidy_disorder
    WITH steps AS (
      SELECT rowid AS n, meter, received_ms, at_ms < lag(at_ms) OVER message AS goes_back FROM ${stored}
      WINDOW message AS (PARTITION BY meter, received_ms ORDER BY rowid))
    SELECT n, row_number() OVER (PARTITION BY meter, received_ms ORDER BY n) FROM steps
    WHERE (meter, received_ms) IN (SELECT (meter, received_ms) FROM steps WHERE goes_back)`)
}

/** Codes are of six digits; whatever else a registry has must not become a path. */
const folderName = (county: string | undefined): string => (/^\d{1,12}$/.test(county ?? '') ? must(county) : NO_COUNTY)

async function partsOf(connection: DuckDBConnection, rowsOfSlice: string): Promise<FileContent[]> {
  const found = await connection.runAndReadAll(
    `SELECT place.county, floor((at_ms + ${UTC8_MS}) / ${DAY_MS}) AS day, count(*)::DOUBLE
     FROM ${rowsOfSlice} stored JOIN tidy_places place ON place.key = stored.meter GROUP BY ALL ORDER BY ALL`,
  )
  const parts = new Map<string, FileContent>()
  for (const [code, day, rows] of found.getRows()) {
    const [county, month] = [String(code), monthOf(dayStartMs(Number(day)))]
    const part = parts.get(`${county} ${month}`) ?? { county, month, rows: 0 }
    parts.set(`${county} ${month}`, { ...part, rows: part.rows + Number(rows) })
  }
  return [...parts.values()]
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}
