// Stores raw readings in one DuckDB file, append-only. A batch is one transaction; its COMMIT is the moment of
// durability. Columns are copied to and from DuckDB's vectors through typed arrays: the value-by-value API is ten times
// slower.

import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBMaterializedResult,
  UINTEGER,
  UTINYINT,
} from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
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
import { partByMeter, type Rows } from './sample-collector.ts'

/** DuckDB's own vector size; a chunk holds no more rows. */
const CHUNK_ROWS = 2048
/** The log is merged into the file at this size: large enough to be rare, small enough to be replayed in a second. */
const WAL_LIMIT = '64MB'
const QUALITIES: readonly ReadingQuality[] = ['good', 'suspect', 'estimated']
const SUSPECT = QUALITIES.indexOf('suspect')
const TWO_32 = 4_294_967_296
/** Up to this many meters, a list is faster than a bit string and lets DuckDB skip row groups. */
const IN_LIST_MAX = 2_000
const COLUMNS =
  'meter UINTEGER NOT NULL, at_ms BIGINT NOT NULL, value DOUBLE NOT NULL, received_ms BIGINT NOT NULL, quality UTINYINT NOT NULL'
const ONE = '1'.charCodeAt(0)
/** Reads of up to this many meters run beside the large reads: the meters of an institution. */
const FEW_METERS_MAX = 500
/** Chunks copied before the event loop gets a turn: about 5 ms of work. */
const CHUNKS_PER_TURN = 64

/** Readings aside: at the rate of a province two to three days, and about a gigabyte. */
const ASIDE_MAX = 50_000_000

export interface ReadingFile extends ReadingStore {
  /** When the last reading was received, and the number of rows. */
  extent(): { receivedMs: number; rows: number }
  /** Calls `listener` after each commit of readings. */
  onCommit(listener: () => void): void
  /** Time of the newest reading; −∞ without any. */
  newestMs(): number
  /** The part of HostClock that keeps readings. */
  readonly waiting: Pick<HostClock, 'aside' | 'putAside' | 'takeIn'>
  close(): Promise<void>
}

export async function openReadingStore(path: string): Promise<ReadingFile> {
  const instance = await DuckDBInstance.create(path, { wal_autocheckpoint: WAL_LIMIT })
  const writer = await instance.connect()
  const reader = await instance.connect()
  const quickReader = await instance.connect()
  await writer.run(`
    CREATE TABLE IF NOT EXISTS meter_keys(key UINTEGER NOT NULL, id VARCHAR NOT NULL);
    CREATE TABLE IF NOT EXISTS readings(
      ${COLUMNS});
    CREATE TABLE IF NOT EXISTS aside(${COLUMNS})`)
  const keys = await meterKeys(reader)
  const appenders = { readings: await writer.createAppender('readings'), aside: await writer.createAppender('aside') }
  const keyAppender = await writer.createAppender('meter_keys')
  const columns = chunkColumns()
  let { committedMs, newestMs, aside, rows } = await extentOf(reader)
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

  async function write(
    batch: readonly StoredReading[],
    receivedMs: number,
    table: keyof typeof appenders = 'readings',
  ): Promise<RefusedReading[]> {
    const appender = appenders[table]
    // Strictly rising, whatever the clock does: it orders corrections and is the mark of touchedSince.
    const stampMs = Math.max(receivedMs, committedMs + 1)
    const fresh = new Map<string, number>()
    let latestMs = newestMs
    await writer.run('BEGIN')
    try {
      for (let first = 0; first < batch.length; first += CHUNK_ROWS) {
        const count = Math.min(CHUNK_ROWS, batch.length - first)
        for (let row = 0; row < count; row++) {
          const { meter, atMs, value, quality } = batch[first + row] as StoredReading // first + row < batch.length
          let key = keys.get(meter) ?? fresh.get(meter)
          if (key === undefined) {
            key = keys.size + fresh.size
            fresh.set(meter, key)
          }
          if (table === 'readings') {
            arrivedMs[key] = stampMs
            latestMs = Math.max(latestMs, atMs)
          }
          columns.set(row, key, atMs, value, stampMs, quality === 'good' ? 0 : QUALITIES.indexOf(quality))
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
    newestMs = latestMs
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
        `INSERT INTO readings SELECT meter, at_ms, value, ${stampMs}, quality FROM aside WHERE ${taken} ORDER BY rowid`,
      )
      await writer.run('DELETE FROM aside')
      await writer.run('COMMIT')
      for (const [key] of touched.getRows()) arrivedMs[Number(key)] = stampMs
      ;({ committedMs, newestMs, aside, rows } = await extentOf(writer))
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

async function meterKeys(connection: DuckDBConnection): Promise<Map<string, number>> {
  const rows = await connection.runAndReadAll('SELECT id, key FROM meter_keys')
  return new Map(rows.getRows().map(([id, key]) => [String(id), Number(key)]))
}

/** When the last reading was received, the time of the newest, and how many wait aside. */
async function extentOf(connection: DuckDBConnection) {
  const rows = await connection.runAndReadAll(
    `SELECT coalesce(max(received_ms), 0)::DOUBLE, coalesce(max(at_ms)::DOUBLE, '-infinity'), (SELECT count(*) FROM aside)::DOUBLE,
       count(*)::DOUBLE
     FROM readings`,
  )
  const [committedMs, newestMs, aside, count] = must(rows.getRows()[0]).map(Number)
  return { committedMs: must(committedMs), newestMs: must(newestMs), aside: must(aside), rows: must(count) }
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

/** Copies the columns of a result, with a turn of the event loop between some chunks. */
async function copyResult(result: DuckDBMaterializedResult, columns: readonly (Uint32Array | Float64Array)[]) {
  for (let index = 0, row = 0; index < result.chunkCount; index++) {
    if (index % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await nextTurn()
    row += copyChunk(result.getChunk(index), columns, row)
  }
}

/** Copies a chunk's columns to row `row` and on; returns the number of rows. Keeps no view of DuckDB's own memory. */
function copyChunk(chunk: DuckDBDataChunk, columns: readonly (Uint32Array | Float64Array)[], row: number): number {
  for (const [index, column] of columns.entries()) {
    const width = column.BYTES_PER_ELEMENT
    const data = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk.chunk, index), chunk.rowCount * width)
    new Uint8Array(column.buffer).set(data, row * width)
  }
  return chunk.rowCount
}

/** The columns of one chunk on their way into DuckDB. A BIGINT is written as two 32-bit halves, without a BigInt. */
function chunkColumns() {
  const meter = new Uint32Array(CHUNK_ROWS)
  const at = new Int32Array(CHUNK_ROWS * 2)
  const value = new Float64Array(CHUNK_ROWS)
  const received = new Int32Array(CHUNK_ROWS * 2)
  const quality = new Uint8Array(CHUNK_ROWS)
  const types = [UINTEGER, BIGINT, DOUBLE, BIGINT, UTINYINT]
  const buffers = [meter, at, value, received, quality].map((column) => column.buffer)
  const widths = [4, 8, 8, 8, 1]
  let current = DuckDBDataChunk.create(types, CHUNK_ROWS)
  return {
    set(row: number, key: number, atMs: number, reading: number, receivedMs: number, qualityCode: number): void {
      meter[row] = key
      at[row * 2] = (atMs % TWO_32) | 0
      at[row * 2 + 1] = Math.floor(atMs / TWO_32)
      value[row] = reading
      received[row * 2] = (receivedMs % TWO_32) | 0
      received[row * 2 + 1] = Math.floor(receivedMs / TWO_32)
      quality[row] = qualityCode
    },
    chunk(rows: number): DuckDBDataChunk {
      if (current.rowCount !== rows) current = DuckDBDataChunk.create(types, rows)
      for (const [column, buffer] of buffers.entries()) {
        const vector = duckdb.data_chunk_get_vector(current.chunk, column)
        duckdb.copy_data_to_vector(vector, 0, buffer, 0, rows * must(widths[column]))
      }
      return current
    },
  }
}
