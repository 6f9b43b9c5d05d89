// Stores raw readings in one DuckDB file, append-only. A batch is one transaction; its COMMIT is the moment of
// durability. Columns are copied to and from DuckDB's vectors through typed arrays: the value-by-value API is ten times
// slower.

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { must } from '../domain/must.ts'
import type { Samples } from '../domain/settle/series.ts'
import type { ReadingQuality } from '../domain/wire/reading.ts'
import type {
  HostClock,
  ReadingStore,
  ReceivedReading,
  RefusedReading,
  StoredReading,
  Touched,
} from '../functions/platform.ts'
import { CHUNK_ROWS, chunkColumns, copyResult, READING_COLUMNS } from './reading-columns.ts'
import { repeatFilter } from './repeats.ts'
import { partByMeter, type Rows } from './sample-collector.ts'

/** The log is merged into the file at this size: large enough to be rare, small enough to be replayed in a second. */
const WAL_LIMIT = '64MB'
const QUALITIES: readonly ReadingQuality[] = ['good', 'suspect', 'estimated']
const SUSPECT = QUALITIES.indexOf('suspect')
/** Up to this many meters, a list is faster than a bit string and lets DuckDB skip row groups. */
const IN_LIST_MAX = 2_000
const ONE = '1'.charCodeAt(0)
/** Reads of up to this many meters run beside the large reads: the meters of an institution. */
const FEW_METERS_MAX = 500

/** Readings aside: at the rate of a province two to three days, and about a gigabyte. */
const ASIDE_MAX = 50_000_000

export interface ReadingFile extends ReadingStore {
  /** When the last reading was received, and the number of rows. */
  extent(): { receivedMs: number; rows: number }
  /** Calls `listener` after each commit of readings. */
  onCommit(listener: () => void): void
  /** Time of the newest reading; −∞ without any. */
  newestMs(): number
  /**
   * Copies the store as it stands at one moment to a new file, while it goes on; resolves to the copy's extent. Throws
   * when the file is there or cannot be written.
   */
  copyTo(path: string): Promise<{ receivedMs: number; rows: number }>
  /** The part of HostClock that keeps readings. */
  readonly waiting: Pick<HostClock, 'aside' | 'putAside' | 'takeIn'>
  close(): Promise<void>
}

export async function openReadingStore(path: string): Promise<ReadingFile> {
  const { instance, writer, reader, quickReader } = await openFile(path)
  const keys = await meterKeys(reader)
  const appenders = { readings: await writer.createAppender('readings'), aside: await writer.createAppender('aside') }
  const keyAppender = await writer.createAppender('meter_keys')
  const columns = chunkColumns()
  let { committedMs, oldestMs, newestMs, aside, rows } = await extentOf(reader)
  let committed: () => void = () => undefined
  /**
   * No reading of the meter arrived after this, by key: `touchedSince` skips meters that were silent since the mark.
   */
  const arrivedMs = new Array<number>(keys.size).fill(committedMs)
  /**
   * Appends and reads each take turns: a DuckDB connection does one thing at a time. Reads of a few meters, such as a
   * page's, do not wait for settling, which reads thousands.
   */
  const inTurn = turnstile()
  const manyInTurn = turnstile()
  const fewInTurn = turnstile()
  const read = <T>(meters: readonly string[], work: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
    meters.length > FEW_METERS_MAX ? manyInTurn(() => work(reader)) : fewInTurn(() => work(quickReader))

  const withoutRepeats = repeatFilter(writer, { meters: keys.size, newestMs, columns, codeOf })

  async function write(
    readings: readonly StoredReading[],
    receivedMs: number,
    table: keyof typeof appenders = 'readings',
  ): Promise<RefusedReading[]> {
    const appender = appenders[table]
    // Strictly rising, whatever the clock does: it orders corrections and is the mark of touchedSince.
    const stampMs = Math.max(receivedMs, committedMs + 1)
    const fresh = new Map<string, number>()
    const keyed = readings.map((reading) => ({ key: keyOf(reading.meter, fresh), reading }))
    const batch = table === 'readings' ? await withoutRepeats(keyed, { rows, oldestMs, newestMs }) : keyed
    if (batch.length === 0) return []
    let [firstMs, latestMs] = [oldestMs, newestMs]
    await writer.run('BEGIN')
    try {
      for (let first = 0; first < batch.length; first += CHUNK_ROWS) {
        const count = Math.min(CHUNK_ROWS, batch.length - first)
        for (let row = 0; row < count; row++) {
          const { key, reading } = must(batch[first + row])
          const { atMs } = reading
          if (table === 'readings') {
            arrivedMs[key] = stampMs
            if (atMs > latestMs) latestMs = atMs
            if (atMs < firstMs) firstMs = atMs
          }
          columns.set(row, key, atMs, reading.value, stampMs, codeOf(reading))
        }
        appender.appendDataChunk(columns.chunk(count))
      }
      appender.flushSync()
      for (const [id, key] of fresh) {
        keyAppender.appendUInteger(key)
        keyAppender.appendVarchar(id)
        keyAppender.endRow()
      }
      if (fresh.size > 0) keyAppender.flushSync()
      await writer.run('COMMIT')
    } catch (error) {
      appender.clear()
      keyAppender.clear()
      // A full disk has ended the transaction already; its error is the one to report.
      await writer.run('ROLLBACK').catch(() => undefined)
      throw error
    }
    for (const [id, key] of fresh) keys.set(id, key)
    if (table === 'aside') aside += batch.length
    else {
      committedMs = stampMs
      rows += batch.length
    }
    ;[oldestMs, newestMs] = [firstMs, latestMs]
    committed()
    return []
  }

  /** The key of a meter; one that is new to the file gets the next, in `fresh`. */
  function keyOf(meter: string, fresh: Map<string, number>): number {
    const known = keys.get(meter) ?? fresh.get(meter)
    if (known !== undefined) return known
    const key = keys.size + fresh.size
    fresh.set(meter, key)
    return key
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
        `INSERT INTO readings SELECT meter, at_ms, value, ${stampMs}, quality FROM aside WHERE ${taken} ORDER BY rowid`,
      )
      await writer.run('DELETE FROM aside')
      await writer.run('COMMIT')
      for (const [key] of touched.getRows()) arrivedMs[Number(key)] = stampMs
      ;({ committedMs, oldestMs, newestMs, aside, rows } = await extentOf(writer))
      committed()
      return late.getRows().map(([key, atMs]) => ({ meter: idOf(Number(key)), atMs: Number(atMs) }))
    } catch (error) {
      await writer.run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  /** The keys of the meters that have readings, each once. */
  const keysOf = (meters: readonly string[]): number[] => {
    const known = new Set<number>()
    for (const meter of meters) {
      const key = keys.get(meter)
      if (key !== undefined) known.add(key)
    }
    return [...known]
  }
  const idOf = reverseLookup(keys)

  return {
    extent: () => ({ receivedMs: committedMs, rows }),
    onCommit(listener) {
      committed = listener
    },
    newestMs: () => newestMs,
    copyTo: (path) => copyOf(instance, path),
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
        const known = keysOf(meters).filter((key) => (arrivedMs[key] ?? 0) > sinceMs)
        if (known.length === 0) return { mark: String(untilMs), touched: [] }
        const result = await connection.run(
          `SELECT meter, min(at_ms)::DOUBLE, max(at_ms)::DOUBLE, count(*)::DOUBLE FROM readings
           WHERE received_ms > ${sinceMs} AND received_ms <= ${untilMs} AND ${meterCondition(known, keys.size)}
           GROUP BY meter ORDER BY meter`,
        )
        const touchedKeys = new Uint32Array(result.rowCount)
        const column = (): Float64Array<ArrayBuffer> => new Float64Array(result.rowCount)
        const [from, to, counts] = [column(), column(), column()]
        await copyResult(result, [touchedKeys, from, to, counts])
        const touched = Array.from(
          touchedKeys,
          (key, row): Touched => ({
            meter: idOf(key),
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
        const known = keysOf(meters)
        const keyCount = keys.size
        if (known.length === 0) return new Map<string, Samples>()
        // Without ORDER BY, DuckDB keeps the order of insertion (preserve_insertion_order), which is the order of
        // arrival.
        const result = await connection.run(
          `SELECT meter, at_ms::DOUBLE, if(quality = ${SUSPECT}, 'NaN'::DOUBLE, value) FROM readings
           WHERE ${meterCondition(known, keyCount)} AND ${timeCondition(fromMs, toMs)}`,
        )
        const rows: Rows = {
          meters: new Uint32Array(result.rowCount),
          times: new Float64Array(result.rowCount),
          values: new Float64Array(result.rowCount),
        }
        await copyResult(result, [rows.meters, rows.times, rows.values])
        const found = new Map<string, Samples>()
        for (const [key, samples] of await partByMeter(rows)) found.set(idOf(key), samples)
        return found
      }),

    history: (meter, fromMs, toMs) =>
      read([meter], async (connection) => {
        const key = keys.get(meter)
        if (key === undefined) return []
        const rows = await connection.runAndReadAll(
          `SELECT at_ms::DOUBLE, value, received_ms::DOUBLE, quality FROM readings
           WHERE meter = ${key} AND ${timeCondition(fromMs, toMs)} ORDER BY rowid`,
        )
        return rows.getRows().map(
          ([atMs, value, receivedMs, quality]): ReceivedReading => ({
            atMs: Number(atMs),
            value: Number(value),
            receivedMs: Number(receivedMs),
            quality: must(QUALITIES[Number(quality)]),
          }),
        )
      }),

    count: (meters) =>
      read(meters, async (connection) => {
        const known = keysOf(meters)
        if (known.length === 0) return 0
        const rows = await connection.runAndReadAll(
          `SELECT count(*)::DOUBLE FROM (
             SELECT DISTINCT meter, at_ms FROM readings WHERE ${meterCondition(known, keys.size)})`,
        )
        return Number(rows.getRows()[0]?.[0])
      }),

    close: () =>
      inTurn(() =>
        manyInTurn(() =>
          fewInTurn(async () => {
            for (const appender of Object.values(appenders)) appender.closeSync()
            keyAppender.closeSync()
            for (const connection of [writer, reader, quickReader]) connection.closeSync()
            instance.closeSync()
          }),
        ),
      ),
  }
}

/** A transaction of a connection of its own: appends go on meanwhile and are not in the copy. */
async function copyOf(instance: DuckDBInstance, path: string): Promise<{ receivedMs: number; rows: number }> {
  const connection = await instance.connect()
  try {
    const [[own] = []] = (await connection.runAndReadAll('SELECT current_database()')).getRows()
    const quoted = (name: unknown, sign: string): string =>
      `${sign}${String(name).replaceAll(sign, sign + sign)}${sign}`
    await connection.run(`ATTACH ${quoted(path, "'")} AS copied`)
    try {
      await connection.run(`COPY FROM DATABASE ${quoted(own, '"')} TO copied`)
      await connection.run('CHECKPOINT copied')
      const rows = await connection.runAndReadAll(
        'SELECT coalesce(max(received_ms), 0)::DOUBLE, count(*)::DOUBLE FROM copied.readings',
      )
      const [receivedMs = 0, count = 0] = must(rows.getRows()[0]).map(Number)
      return { receivedMs, rows: count }
    } finally {
      await connection.run('DETACH copied')
    }
  } finally {
    connection.closeSync()
  }
}

async function openFile(path: string) {
  const instance = await DuckDBInstance.create(path, { wal_autocheckpoint: WAL_LIMIT })
  const writer = await instance.connect()
  const reader = await instance.connect()
  const quickReader = await instance.connect()
  await writer.run(`
    CREATE TABLE IF NOT EXISTS meter_keys(key UINTEGER NOT NULL, id VARCHAR NOT NULL);
    CREATE TABLE IF NOT EXISTS readings(
      ${READING_COLUMNS});
    CREATE TABLE IF NOT EXISTS aside(${READING_COLUMNS})`)
  return { instance, writer, reader, quickReader }
}

const codeOf = ({ quality }: StoredReading): number => (quality === 'good' ? 0 : QUALITIES.indexOf(quality))

async function meterKeys(connection: DuckDBConnection): Promise<Map<string, number>> {
  const rows = await connection.runAndReadAll('SELECT id, key FROM meter_keys')
  return new Map(rows.getRows().map(([id, key]) => [String(id), Number(key)]))
}

/** When the last reading was received, the times of the oldest and the newest, and how many wait aside. */
async function extentOf(connection: DuckDBConnection) {
  const rows = await connection.runAndReadAll(
    `SELECT coalesce(max(received_ms), 0)::DOUBLE, coalesce(max(at_ms)::DOUBLE, '-infinity'), (SELECT count(*) FROM aside)::DOUBLE,
       count(*)::DOUBLE, coalesce(min(at_ms)::DOUBLE, 'infinity')
     FROM readings`,
  )
  const [committedMs = 0, newestMs = 0, aside = 0, count = 0, oldestMs = 0] = must(rows.getRows()[0]).map(Number)
  return { committedMs, newestMs, aside, rows: count, oldestMs }
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

/** Looks up ids by key; rebuilt when keys were added since. */
function reverseLookup(keys: ReadonlyMap<string, number>): (key: number) => string {
  let ids: string[] = []
  return (key) => {
    if (ids.length !== keys.size) ids = [...keys].sort((a, b) => a[1] - b[1]).map(([id]) => id)
    return must(ids[key])
  }
}

/**
 * A condition on `meter` for these keys of `keyCount`. They are our own integers: nothing from outside enters the
 * statement. Meters added meanwhile stay out. A long list is a string of bits, which DuckDB looks up twice as fast as
 * an IN list.
 */
function meterCondition(known: readonly number[], keyCount: number): string {
  if (known.length === keyCount) return `meter < ${keyCount}`
  if (known.length <= IN_LIST_MAX) return `meter IN (${known.join(',')})`
  const bits = Buffer.alloc(keyCount, '0')
  for (const key of known) bits[key] = ONE
  return `meter < ${keyCount} AND get_bit('${bits.toString('latin1')}'::BIT, meter::INTEGER) = 1`
}

/** Infinity is allowed on either side. */
function timeCondition(fromMs: number, toMs: number): string {
  const from = Number.isFinite(fromMs) ? `at_ms >= ${Math.ceil(fromMs)}` : 'true'
  const to = Number.isFinite(toMs) ? `at_ms < ${Math.ceil(toMs)}` : 'true'
  return `${from} AND ${to}`
}
