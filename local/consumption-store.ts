// Stores consumption by meter and day in SQLite (docs/decisions/0006): a row holds 24 hours, so that a day is replaced
// whole, a meter-month is 30 key look-ups, and the rows that one settling pass writes are adjacent.

import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DaySums } from '../domain/energy/missing.ts'
import { must } from '../domain/must.ts'
import type { RegisterEvent } from '../domain/settle/series.ts'
import type { ConsumptionDay, ConsumptionStore } from '../functions/platform.ts'
import { daySum, sumsFor, sumsOf } from '../functions/settling/sum.ts'
import { inDerivedTransaction } from './sqlite.ts'

const HOURS = 24
/** 24 doubles and 24 flag codes. */
const ROW_BYTES = HOURS * 8 + HOURS
/** The sum of a day's known hours, and their number (functions/settling/sum.ts). */
const SUM_BYTES = 8 + 1
/** Rows written before the event loop gets a turn: about 10 ms of work. */
const ROWS_PER_TURN = 2_000
/** Rows read before the event loop gets a turn: about as much work. */
const ROWS_PER_READING_TURN = 10_000
const SUMS_PER_READING_TURN = 40_000

/** Largest gap between keys that one statement reads across. */
const GAP_MAX = 8
const NO_EVENTS: readonly RegisterEvent[] = []
/** No meter's key. */
const NO_KEY = -1
/**
 * Reads the rows of one day as one row: a row costs node:sqlite ten times SQLite's own look-up. The casts keep the
 * bytes as they are, since the database's text is UTF-8 and is not checked.
 */
const RUN = `SELECT json_group_array(meter) AS meters,
    CAST(group_concat(CAST(hours AS TEXT), '') AS BLOB) AS hours,
    json_group_array(meter) FILTER (WHERE events IS NOT NULL) AS eventMeters,
    json_group_array(events) FILTER (WHERE events IS NOT NULL) AS events
  FROM days WHERE day = ? AND meter BETWEEN ? AND ?`

/** The sums alone: a twentieth of the bytes. */
const RUN_SUMS = `SELECT json_group_array(meter) AS meters, CAST(group_concat(CAST(sum AS TEXT), '') AS BLOB) AS sums
  FROM days WHERE day = ? AND meter BETWEEN ? AND ?`

export interface ConsumptionFile extends ConsumptionStore {
  /** Deletes all days, to compute them again. */
  clear(): Promise<void>
}

export function openConsumptionStore(db: DatabaseSync): ConsumptionFile {
  db.exec(`
    CREATE TABLE IF NOT EXISTS meter_keys(id TEXT PRIMARY KEY, key INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS days(
      day INTEGER, meter INTEGER, sum BLOB, hours BLOB NOT NULL, events TEXT, PRIMARY KEY(day, meter)) WITHOUT ROWID`)
  addSumColumn(db)
  const insertKey = db.prepare('INSERT INTO meter_keys(id, key) VALUES (?, ?)')
  const upsert = db.prepare('INSERT OR REPLACE INTO days(day, meter, sum, hours, events) VALUES (?, ?, ?, ?, ?)')
  const select = db.prepare('SELECT hours, events FROM days WHERE day = ? AND meter = ?')
  const selectRun = db.prepare(RUN)
  const selectSums = db.prepare(RUN_SUMS)
  const keys = new Map<string, number>()
  for (const row of db.prepare('SELECT id, key FROM meter_keys').iterate() as Iterable<{ id: string; key: number }>) {
    keys.set(row.id, row.key)
  }
  const toBlob = blobWriter()
  const keyFor = (meter: string): number => {
    const known = keys.get(meter)
    if (known !== undefined) return known
    insertKey.run(meter, keys.size)
    ids[keys.size] = meter
    keys.set(meter, keys.size)
    return keys.size - 1
  }

  const ids: string[] = []
  for (const [id, key] of keys) ids[key] = id
  const readDay = ({ first, last, count }: Run, day: number, daysOf: ReadonlyMap<number, ConsumptionDay[]>): void => {
    const add = (key: number, hours: Hours, events: readonly RegisterEvent[]): void => {
      daysOf.get(key)?.push({ meter: must(ids[key]), day, ...hours, events })
    }
    if (count === 1) {
      const row = select.get(day, first) as { hours: Uint8Array; events: string | null } | undefined
      if (row) add(first, fromBlob(row.hours), eventsOf(row.events))
      return
    }
    const row = selectRun.get(day, first, last) as unknown as RunRow
    if (row.hours === null) return
    const found: number[] = JSON.parse(row.meters)
    if (row.hours.length !== found.length * ROW_BYTES) throw new Error(`hours of day ${day} are not of one length`)
    const events = eventsByKey(row)
    const { buffer } = row.hours
    found.forEach((key, index) => {
      add(key, hoursAt(buffer, index * ROW_BYTES), events.get(key) ?? NO_EVENTS)
    })
  }

  /** False when a row was written before sums were kept. */
  const readSums = ({ first, last }: Run, day: number, into: SumsByKey): boolean => {
    const row = selectSums.get(day, first, last) as unknown as { meters: string; sums: Uint8Array<ArrayBuffer> | null }
    const found: number[] = JSON.parse(row.meters)
    if (found.length === 0) return true
    if (row.sums?.length !== found.length * SUM_BYTES) return false
    const view = new DataView(row.sums.buffer)
    const place = day - into.fromDay
    for (let index = 0; index < found.length; index++) {
      const own = into.sumsOfKey(must(found[index]))
      if (!own) continue
      const at = index * SUM_BYTES
      own.amounts[place] = view.getFloat64(at, true)
      own.hoursKnown[place] = view.getUint8(at + 8)
    }
    return true
  }

  const store: ConsumptionFile = {
    async clear() {
      inDerivedTransaction(db, () => db.exec('DELETE FROM days'))
    },

    async put(unordered: readonly ConsumptionDay[]) {
      // In file order: otherwise a year of many meters would touch a page for every row.
      const days = unordered.toSorted((a, b) => a.day - b.day)
      for (let first = 0; first < days.length; first += ROWS_PER_TURN) {
        if (first > 0) await nextTurn()
        const added: string[] = []
        try {
          inDerivedTransaction(db, () => {
            for (const { meter, day, amounts, flags, events } of days.slice(first, first + ROWS_PER_TURN)) {
              if (!keys.has(meter)) added.push(meter)
              const text = events.length > 0 ? JSON.stringify(events) : null
              upsert.run(day, keyFor(meter), sumBlob(amounts), toBlob(amounts, flags), text)
            }
          })
        } catch (error) {
          for (const meter of added) keys.delete(meter)
          throw error
        }
      }
    },

    async get(meters: readonly string[], fromDay: number, toDay: number) {
      const daysOf = new Map<number, ConsumptionDay[]>()
      for (const meter of meters) {
        const key = keys.get(meter)
        if (key !== undefined) daysOf.set(key, [])
      }
      let rows = 0
      for (const run of runsOf(daysOf.keys())) {
        for (let day = fromDay; day < toDay; day++) {
          readDay(run, day, daysOf)
          rows += run.count
          if (rows < ROWS_PER_READING_TURN) continue
          rows = 0
          await nextTurn()
        }
      }
      return meters.flatMap((meter) => daysOf.get(keys.get(meter) ?? NO_KEY) ?? [])
    },

    async sums(meters, fromDay, toDay) {
      const asked = new Set(meters.flatMap((meter) => keys.get(meter) ?? []))
      const sums = new Map<string, DaySums>()
      // By key: a look-up by name for each day would take longer than the row.
      const byKey = new Map<number, DaySums>()
      const sumsOfKey = (key: number): DaySums | undefined => {
        const known = byKey.get(key)
        if (known || !asked.has(key)) return known
        const made = sumsFor(sums, must(ids[key]), toDay - fromDay)
        byKey.set(key, made)
        return made
      }
      const reading = { fromDay, sumsOfKey }
      let rows = 0
      for (const run of runsOf(asked)) {
        for (let day = fromDay; day < toDay; day++) {
          if (!readSums(run, day, reading)) return sumsOf(await store.get(meters, fromDay, toDay), fromDay, toDay)
          rows += run.count
          if (rows < SUMS_PER_READING_TURN) continue
          rows = 0
          await nextTurn()
        }
      }
      return sums
    },
  }
  return store
}

interface SumsByKey {
  fromDay: number
  /** Undefined for a meter that was not asked for. */
  sumsOfKey(key: number): DaySums | undefined
}

/** A folder of 0.1.0 has no sums: its days get them when they are next written. */
function addSumColumn(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('days')").all() as unknown as { name: string }[]
  if (!columns.some(({ name }) => name === 'sum')) db.exec('ALTER TABLE days ADD COLUMN sum BLOB')
}

function sumBlob(hours: Float64Array): Uint8Array {
  const { amount, hoursKnown } = daySum(hours)
  const view = new DataView(new ArrayBuffer(SUM_BYTES))
  view.setFloat64(0, amount, true)
  view.setUint8(8, hoursKnown)
  return new Uint8Array(view.buffer)
}

const eventsOf = (json: string | null): RegisterEvent[] => (json === null ? [] : (JSON.parse(json) as RegisterEvent[]))

/** Writes all rows into one buffer, since SQLite copies its input. */
function blobWriter(): (amounts: Float64Array, flags: Uint8Array) => Uint8Array {
  const blob = new Uint8Array(ROW_BYTES)
  const amountsPart = new Float64Array(blob.buffer, 0, HOURS)
  return (amounts, flags) => {
    amountsPart.set(amounts)
    blob.set(flags, HOURS * 8)
    return blob
  }
}

interface Hours {
  amounts: Float64Array<ArrayBuffer>
  flags: Uint8Array<ArrayBuffer>
}

const fromBlob = (blob: Uint8Array): Hours => hoursAt(blob.slice().buffer, 0)

const hoursAt = (buffer: ArrayBuffer, offset: number): Hours => ({
  amounts: new Float64Array(buffer, offset, HOURS),
  flags: new Uint8Array(buffer, offset + HOURS * 8, HOURS),
})

/** Keys from `first` to `last`, `count` of them requested. */
interface Run {
  first: number
  last: number
  count: number
}

/** Groups nearby keys, so that one statement reads each group: the keys in between cost less than a statement. */
function runsOf(keys: Iterable<number>): Run[] {
  const runs: Run[] = []
  for (const key of Uint32Array.from(keys).sort()) {
    const run = runs.at(-1)
    if (run && key - run.last <= GAP_MAX) {
      run.last = key
      run.count++
    } else runs.push({ first: key, last: key, count: 1 })
  }
  return runs
}

interface RunRow {
  meters: string
  /** A blob of its own: it begins where its buffer does. */
  hours: Uint8Array<ArrayBuffer> | null
  eventMeters: string
  events: string
}

function eventsByKey({ eventMeters, events }: RunRow): Map<number, RegisterEvent[]> {
  const texts: string[] = JSON.parse(events)
  const keys: number[] = JSON.parse(eventMeters)
  return new Map(keys.map((key, index) => [key, eventsOf(must(texts[index]))]))
}
