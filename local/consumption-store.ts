// Consumption by meter and day in SQLite (docs/decisions/0006): a row holds 24 hours, so that a day is replaced whole,
// a meter-month is 30 key look-ups, and the rows that one settling pass writes lie side by side.

import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RegisterEvent } from '../domain/register.ts'
import type { ConsumptionDay, ConsumptionStore } from '../functions/platform.ts'
import { inDerivedTransaction } from './sqlite.ts'

const HOURS = 24
/** 24 doubles and 24 flag codes. */
const ROW_BYTES = HOURS * 8 + HOURS
/** Rows written before the event loop gets a turn: about 10 ms of work. */
const ROWS_PER_TURN = 2_000

export function openConsumptionStore(db: DatabaseSync): ConsumptionStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS meter_keys(id TEXT PRIMARY KEY, key INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS days(day INTEGER, meter INTEGER, hours BLOB NOT NULL, events TEXT, PRIMARY KEY(day, meter)) WITHOUT ROWID`)
  const insertKey = db.prepare('INSERT INTO meter_keys(id, key) VALUES (?, ?)')
  const upsert = db.prepare('INSERT OR REPLACE INTO days(day, meter, hours, events) VALUES (?, ?, ?, ?)')
  const select = db.prepare('SELECT hours, events FROM days WHERE day = ? AND meter = ?')
  const keys = new Map<string, number>()
  for (const row of db.prepare('SELECT id, key FROM meter_keys').iterate() as Iterable<{ id: string; key: number }>) {
    keys.set(row.id, row.key)
  }
  const toBlob = blobWriter()
  const keyFor = (meter: string): number => {
    const known = keys.get(meter)
    if (known !== undefined) return known
    insertKey.run(meter, keys.size)
    keys.set(meter, keys.size)
    return keys.size - 1
  }

  return {
    async put(unordered: readonly ConsumptionDay[]) {
      // In the order in which they lie in the file: a year of many meters would otherwise touch a page for every row.
      const days = unordered.toSorted((a, b) => a.day - b.day)
      for (let first = 0; first < days.length; first += ROWS_PER_TURN) {
        if (first > 0) await nextTurn()
        const added: string[] = []
        try {
          inDerivedTransaction(db, () => {
            for (const { meter, day, amounts, flags, events } of days.slice(first, first + ROWS_PER_TURN)) {
              if (!keys.has(meter)) added.push(meter)
              upsert.run(day, keyFor(meter), toBlob(amounts, flags), events.length > 0 ? JSON.stringify(events) : null)
            }
          })
        } catch (error) {
          for (const meter of added) keys.delete(meter)
          throw error
        }
      }
    },

    async get(meters: readonly string[], fromDay: number, toDay: number) {
      const found: ConsumptionDay[] = []
      for (const meter of meters) {
        const key = keys.get(meter)
        if (key === undefined) continue
        for (let day = fromDay; day < toDay; day++) {
          const row = select.get(day, key) as { hours: Uint8Array; events: string | null } | undefined
          if (row) found.push({ meter, day, ...fromBlob(row.hours), events: eventsOf(row.events) })
        }
      }
      return found
    },
  }
}

const eventsOf = (json: string | null): RegisterEvent[] => (json === null ? [] : (JSON.parse(json) as RegisterEvent[]))

/** Writes rows into one and the same blob: SQLite copies what it is given. */
function blobWriter(): (amounts: Float64Array, flags: Uint8Array) => Uint8Array {
  const blob = new Uint8Array(ROW_BYTES)
  const amountsPart = new Float64Array(blob.buffer, 0, HOURS)
  return (amounts, flags) => {
    amountsPart.set(amounts)
    blob.set(flags, HOURS * 8)
    return blob
  }
}

function fromBlob(blob: Uint8Array): { amounts: Float64Array; flags: Uint8Array } {
  const bytes = blob.slice()
  return { amounts: new Float64Array(bytes.buffer, 0, HOURS), flags: bytes.subarray(HOURS * 8) }
}
