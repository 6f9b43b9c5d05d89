// Stores raw readings, append-only: what arrives in a DuckDB file, in order of arrival, and what is older in files of
// the lake (docs/rules/lake.md). A batch is one transaction; its COMMIT is the moment of durability. Columns are copied
// to and from DuckDB's vectors through typed arrays: the value-by-value API is ten times slower.

import { dirname, join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { must } from '../domain/must.ts'
import type { Samples } from '../domain/settle/series.ts'
import { markOf, ofMark, QUALITY_MARKS, SUSPECT_MARK } from '../domain/wire/sent-unit.ts'
import type {
  HostClock,
  ReadingStore,
  ReceivedReading,
  RefusedReading,
  StoredReading,
  Touched,
} from '../functions/platform.ts'
import { exportReadings, type ReadingsAsked } from './export-readings.ts'
import { adoptIfNew } from './lake/adopt.ts'
import { arrivalTables, extentOf, openArrivals } from './lake/arrivals.ts'
import { copyRows, emptyRows, type Rows } from './lake/columns.ts'
import { damageOf, forgetDamaged } from './lake/damage.ts'
import { type FewMeters, fewMeterReader } from './lake/few-meters.ts'
import { LAKE_FOLDER, quoted } from './lake/format.ts'
import { lakeOf, type PassOptions } from './lake/lake.ts'
import { writeListing } from './lake/listing.ts'
import { type LakeFile, openManifest } from './lake/manifest.ts'
import type { Tidied } from './lake/mover.ts'
import { CHUNK_ROWS, chunkColumns, copyResult, READING_COLUMNS } from './lake/reading-columns.ts'
import { ARRIVAL_ORDER, type RowPlaces, type RowSource, rowSource } from './lake/rows.ts'
import { openMeterKeys } from './meter-keys.ts'
import { repeatFilter } from './repeats.ts'
import { partByMeter } from './sample-collector.ts'

/** The log is merged into the file at this size: large enough to be rare, small enough to be replayed in a second. */
const WAL_LIMIT = '64MB'
/** Reads of up to this many meters run beside the large reads: the meters of an institution. */
const FEW_METERS_MAX = 500

/** Readings aside: at the rate of a province two to three days, and about a gigabyte. */
const ASIDE_MAX = 50_000_000

export interface ReadingFile extends ReadingStore {
  /** Files of the lake that are missing or not of their size, each a sentence. */
  damage(): string[]
  /** Goes on without these files. */
  acceptDamage(): Promise<void>
  /** Moves what has arrived into the lake, and merges its files, as far as that is due. One pass at a time. */
  tidy(options: PassOptions): Promise<Tidied>
  /** Files of the lake, the earliest received first. */
  lakeFiles(): readonly LakeFile[]
  /** When the last reading was received, and the number of rows. */
  extent(): { receivedMs: number; rows: number }
  /** Calls `listener` after each commit of readings. */
  onCommit(listener: () => void): void
  /** Time of the newest reading; −∞ without any. */
  newestMs(): number
  /**
   * Copies the store as it stands at one moment to a new file, while it goes on; resolves to the copy's extent. Throws
   * when the file is there or cannot be written. `lake`: the files that belong to it, which stay until `release`.
   */
  copyTo(path: string): Promise<StoreCopy>
  /** Times of the oldest and the newest reading; infinite without any. */
  span(): { oldestMs: number; newestMs: number }
  /** Writes readings of meters to a file; resolves to their number. Throws when the file cannot be written. */
  exportTo(asked: Omit<ReadingsAsked, 'keys'> & { meters: readonly string[] }): Promise<number>
  /** The part of HostClock that keeps readings. */
  readonly waiting: Pick<HostClock, 'aside' | 'putAside' | 'takeIn'>
  close(): Promise<void>
}

export interface StoreCopy {
  receivedMs: number
  rows: number
  lake: readonly LakeFile[]
  release(): void
}

/** The lake's folder, beside the file, is made when its first file is. */
export async function openReadingStore(path: string): Promise<ReadingFile> {
  const lakeFolder = join(dirname(path), LAKE_FOLDER)
  const { instance, writer, reader, quickReader, mover } = await openFile(path)
  const manifest = await openManifest(writer)
  const arrivals = await openArrivals(writer)
  await adoptIfNew(writer, lakeFolder, manifest)
  if (manifest.files().length > 0) writeListing(lakeFolder, manifest.files())
  const keys = await openMeterKeys(writer)
  const asideAppender = await writer.createAppender('aside')
  const columns = chunkColumns()
  let { committedMs, oldestMs, newestMs, aside, rows } = await extentOf(reader, arrivals.names, manifest)
  let committed: () => void = () => undefined
  let batches = 0
  /**
   * No reading of the meter arrived after this, by key: `touchedSince` skips meters that were silent since the mark.
   */
  const arrivedMs = new Array<number>(keys.count()).fill(committedMs)
  /** Time of the meter's last reading in that batch. */
  const batchAtMs: number[] = []
  const { inTurn, alone, read } = turnsOf(reader, quickReader)

  const { rowsOf, lakeRowsOf } = sourcesOf({ manifest, lakeFolder, arrivals, keyCount: keys.count, idOf: keys.idOf })
  const withoutRepeats = repeatFilter(writer, { meters: keys.count(), newestMs, columns, rowsOf })

  async function write(
    readings: readonly StoredReading[],
    receivedMs: number,
    table: 'readings' | 'aside' = 'readings',
  ): Promise<RefusedReading[]> {
    const appender = table === 'readings' ? arrivals.appender() : asideAppender
    // Strictly rising, whatever the clock does: it orders corrections and is the mark of touchedSince.
    const stampMs = Math.max(receivedMs, committedMs + 1)
    const fresh = new Map<string, number>()
    const keyed = readings.map((reading) => ({ key: keys.orNext(reading.meter, fresh), reading }))
    const batch =
      table === 'readings' ? await withoutRepeats(keyed, { rows: rows - manifest.rows(), oldestMs, newestMs }) : keyed
    if (batch.length === 0) return []
    let [firstMs, latestMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    let isInOrder = true
    await writer.run('BEGIN')
    try {
      for (let first = 0; first < batch.length; first += CHUNK_ROWS) {
        const count = Math.min(CHUNK_ROWS, batch.length - first)
        for (let row = 0; row < count; row++) {
          const { key, reading } = must(batch[first + row])
          const { atMs } = reading
          if (table === 'readings') {
            if (arrivedMs[key] === stampMs && atMs < must(batchAtMs[key])) isInOrder = false
            arrivedMs[key] = stampMs
            batchAtMs[key] = atMs
            if (atMs > latestMs) latestMs = atMs
            if (atMs < firstMs) firstMs = atMs
          }
          columns.set(row, key, atMs, reading.value, stampMs, markOf(reading))
        }
        appender.appendDataChunk(columns.chunk(count))
      }
      appender.flushSync()
      keys.append(fresh)
      await writer.run('COMMIT')
    } catch (error) {
      appender.clear()
      keys.clear()
      // A full disk has ended the transaction already; its error is the one to report.
      await writer.run('ROLLBACK').catch(() => undefined)
      throw error
    }
    keys.take(fresh)
    batches++
    if (table === 'aside') aside += batch.length
    else {
      committedMs = stampMs
      rows += batch.length
      arrivals.grew({ rows: batch.length, receivedMs: stampMs, isInOrder, oldestMs: firstMs, newestMs: latestMs })
    }
    ;[oldestMs, newestMs] = [Math.min(oldestMs, firstMs), Math.max(newestMs, latestMs)]
    committed()
    return []
  }

  async function takeIn(latestMs: number, receivedMs: number): Promise<Pick<StoredReading, 'meter' | 'atMs'>[]> {
    const stampMs = Math.max(receivedMs, committedMs + 1)
    const taken = `at_ms <= ${Math.floor(latestMs)}`
    await writer.run('BEGIN')
    try {
      const late = await writer.runAndReadAll(
        `SELECT meter, at_ms::DOUBLE FROM aside WHERE NOT ${taken} ORDER BY rowid`,
      )
      const touched = await writer.runAndReadAll(`SELECT DISTINCT meter FROM aside WHERE ${taken}`)
      await writer.run(
        `INSERT INTO ${arrivals.last()} SELECT meter, at_ms, value, ${stampMs}, quality FROM aside WHERE ${taken} ORDER BY rowid`,
      )
      await writer.run('DELETE FROM aside')
      await writer.run('COMMIT')
      for (const [key] of touched.getRows()) arrivedMs[Number(key)] = stampMs
      ;({ committedMs, oldestMs, newestMs, aside, rows } = await extentOf(writer, arrivals.names, manifest))
      await arrivals.look()
      committed()
      return late.getRows().map(([key, atMs]) => ({ meter: keys.idOf(Number(key)), atMs: Number(atMs) }))
    } catch (error) {
      await writer.run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  const lake = lakeOf({ mover, manifest, lakeFolder, arrivals, idOf: keys.idOf, alone, inTurn, batches: () => batches })

  return {
    damage: () => damageOf(lakeFolder, manifest.files()),
    acceptDamage: () =>
      alone(async () => {
        await forgetDamaged(writer, lakeFolder, manifest)
        ;({ committedMs, oldestMs, newestMs, aside, rows } = await extentOf(writer, arrivals.names, manifest))
      }),
    lakeFiles: () => manifest.files(),
    tidy: lake.tidy,
    copyTo: (path) => lake.held(() => copyOf(instance, path)),
    extent: () => ({ receivedMs: committedMs, rows }),
    onCommit(listener) {
      committed = listener
    },
    newestMs: () => newestMs,
    span: () => ({ oldestMs, newestMs }),
    exportTo: async ({ meters, ...asked }) =>
      await exportReadings({ instance, rowsOf, held: lake.held, inTurn }, { ...asked, keys: keys.known(meters) }),
    waiting: {
      aside: () => aside,
      putAside: (batch, receivedMs) =>
        inTurn(async () => {
          if (aside + batch.length > ASIDE_MAX) throw new Error(`more than ${ASIDE_MAX} readings would wait aside`)
          await write(batch, receivedMs, 'aside')
        }),
      takeIn: (latestMs, receivedMs) => inTurn(() => takeIn(latestMs, receivedMs)),
    },

    append: (batch, receivedMs) => (batch.length === 0 ? Promise.resolve([]) : inTurn(() => write(batch, receivedMs))),

    touchedSince: (meters, mark) =>
      read(meters, async (connection) => {
        const untilMs = committedMs
        const sinceMs = mark === undefined ? -1 : Number(mark)
        const known = keys.known(meters).filter((key) => (arrivedMs[key] ?? 0) > sinceMs)
        if (known.length === 0) return { mark: String(untilMs), touched: [] }
        const { sql } = rowsOf(known, { sinceMs })
        const result = await connection.run(
          `SELECT meter, min(at_ms)::DOUBLE, max(at_ms)::DOUBLE, count(*)::DOUBLE FROM (${sql})
           WHERE received_ms > ${sinceMs} AND received_ms <= ${untilMs} GROUP BY meter ORDER BY meter`,
        )
        const touchedKeys = new Uint32Array(result.rowCount)
        const column = (): Float64Array<ArrayBuffer> => new Float64Array(result.rowCount)
        const [from, to, counts] = [column(), column(), column()]
        await copyResult(result, [touchedKeys, from, to, counts])
        const touched = Array.from(
          touchedKeys,
          (key, row): Touched => ({
            meter: keys.idOf(key),
            fromMs: must(from[row]),
            toMs: must(to[row]),
            count: must(counts[row]),
          }),
        )
        if (touched.length < known.length) {
          const found = new Set(touchedKeys)
          for (const key of known) if (!found.has(key) && (arrivedMs[key] ?? 0) <= untilMs) arrivedMs[key] = sinceMs
        }
        return { mark: String(untilMs), touched }
      }),

    range: (meters, fromMs, toMs) =>
      read(meters, async (connection) => {
        const known = keys.known(meters)
        if (known.length === 0) return new Map<string, Samples>()
        const rows = await rangeOf({ connection, rowsOf, lakeRowsOf }, known, { fromMs, toMs })
        const found = new Map<string, Samples>()
        for (const [key, samples] of await partByMeter(rows)) found.set(keys.idOf(key), samples)
        return found
      }),

    history: (meter, fromMs, toMs) =>
      read([meter], async (connection) => {
        const key = keys.of(meter)
        if (key === undefined) return []
        const { sql } = rowsOf([key], { fromMs, toMs })
        const rows = await connection.runAndReadAll(
          `SELECT at_ms::DOUBLE, value, received_ms::DOUBLE, quality FROM (${sql}) ORDER BY ${ARRIVAL_ORDER}`,
        )
        return rows.getRows().map(
          ([atMs, value, receivedMs, mark]): ReceivedReading => ({
            atMs: Number(atMs),
            value: Number(value),
            receivedMs: Number(receivedMs),
            ...ofMark(Number(mark)),
          }),
        )
      }),

    count: (meters) =>
      read(meters, async (connection) => {
        const known = keys.known(meters)
        if (known.length === 0) return 0
        const { sql } = rowsOf(known, {})
        const rows = await connection.runAndReadAll(
          `SELECT count(*)::DOUBLE FROM (SELECT DISTINCT meter, at_ms FROM (${sql}))`,
        )
        return Number(rows.getRows()[0]?.[0])
      }),

    async close() {
      await lake.stop()
      await alone(async () => {
        for (const appender of [arrivals.appender(), asideAppender]) appender.closeSync()
        keys.close()
        for (const connection of [writer, reader, quickReader, mover]) connection.closeSync()
        instance.closeSync()
      })
    },
  }
}

const sourcesOf = (places: RowPlaces) => ({ rowsOf: rowSource(places), lakeRowsOf: fewMeterReader(places) })

interface RangeReader {
  connection: DuckDBConnection
  rowsOf: RowSource
  lakeRowsOf: FewMeters
}

/** Rows of these meters in order of arrival for each meter and time: of the lake, then of the tables. */
async function rangeOf(
  { connection, rowsOf, lakeRowsOf }: RangeReader,
  keys: readonly number[],
  span: { fromMs: number; toMs: number },
): Promise<Rows> {
  const fromLake = await lakeRowsOf(keys, span)
  const { sql, order } = fromLake ? { sql: rowsOf.ofTables(keys, span), order: '' } : rowsOf(keys, span)
  if (fromLake && sql === undefined) return fromLake
  // Without ORDER BY, DuckDB keeps the order of insertion (preserve_insertion_order), which is the order of arrival,
  // and that of the parts of a UNION ALL.
  const result = await connection.run(
    `SELECT meter, at_ms::DOUBLE, if(quality % ${QUALITY_MARKS} = ${SUSPECT_MARK}, 'NaN'::DOUBLE, value), quality
     FROM (${sql})${order}`,
  )
  const first = fromLake?.meters.length ?? 0
  const rows = emptyRows(first + result.rowCount)
  if (fromLake) copyRows(fromLake, rows, 0)
  await copyResult(result, [rows.meters, rows.times, rows.values, rows.marks], first)
  return rows
}

/** A transaction of a connection of its own: appends go on meanwhile and are not in the copy. */
async function copyOf(instance: DuckDBInstance, path: string): Promise<Omit<StoreCopy, 'release'>> {
  const connection = await instance.connect()
  try {
    const [[own] = []] = (await connection.runAndReadAll('SELECT current_database()')).getRows()
    const quotedName = (name: unknown): string => `"${String(name).replaceAll('"', '""')}"`
    await connection.run(`ATTACH ${quoted(path)} AS copied`)
    try {
      await connection.run(`COPY FROM DATABASE ${quotedName(own)} TO copied`)
      await connection.run('CHECKPOINT copied')
      await connection.run('USE copied')
      const manifest = await openManifest(connection)
      const { committedMs, rows } = await extentOf(connection, await arrivalTables(connection), manifest)
      return { receivedMs: committedMs, rows, lake: manifest.files() }
    } finally {
      await connection.run(`USE ${quotedName(own)}`)
      await connection.run('DETACH copied')
    }
  } finally {
    connection.closeSync()
  }
}

async function openFile(path: string) {
  const instance = await DuckDBInstance.create(path, { wal_autocheckpoint: WAL_LIMIT })
  const [writer, reader, quickReader, mover] = [
    await instance.connect(),
    await instance.connect(),
    await instance.connect(),
    await instance.connect(),
  ]
  await writer.run(`
    SET GLOBAL parquet_metadata_cache = true;
    CREATE TABLE IF NOT EXISTS meter_keys(key UINTEGER NOT NULL, id VARCHAR NOT NULL);
    CREATE TABLE IF NOT EXISTS aside(${READING_COLUMNS})`)
  return { instance, writer, reader, quickReader, mover }
}

/**
 * Appends and reads each take turns: a DuckDB connection does one thing at a time. Reads of a few meters, such as a
 * page's, do not wait for settling, which reads thousands.
 */
function turnsOf(reader: DuckDBConnection, quickReader: DuckDBConnection) {
  const inTurn = turnstile()
  const manyInTurn = turnstile()
  const fewInTurn = turnstile()
  return {
    inTurn,
    read: <T>(meters: readonly string[], work: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
      meters.length > FEW_METERS_MAX ? manyInTurn(() => work(reader)) : fewInTurn(() => work(quickReader)),
    /** Nobody reads or appends meanwhile; appends wait last, and so the shortest. */
    alone: <T>(work: () => Promise<T>): Promise<T> => manyInTurn(() => fewInTurn(() => inTurn(work))),
  }
}

/** Runs one piece of work at a time, in the order of the calls; a failure reaches its caller and stops no other. */
function turnstile(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}
