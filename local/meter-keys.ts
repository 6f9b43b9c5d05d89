// The number of each meter in the store of readings: four bytes a row in place of its id. Numbers are given in the
// order of first arrival; those of a lake that was taken in may have gaps.

import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { must } from '../domain/must.ts'

export interface MeterKeys {
  /** All keys are below. */
  count(): number
  /** Undefined of a meter that never had a reading. */
  of(meter: string): number | undefined
  /** The keys of the meters that have readings, each once. */
  known(meters: readonly string[]): number[]
  /** The key of a meter; one that is new gets the next, in `fresh`. */
  orNext(meter: string, fresh: Map<string, number>): number
  idOf(key: number): string
  /** Appends new ones, within the caller's transaction. */
  append(fresh: ReadonlyMap<string, number>): void
  /** Takes them up, once they are stored. */
  take(fresh: ReadonlyMap<string, number>): void
  /** Drops what a failed transaction has appended. */
  clear(): void
  close(): void
}

export async function openMeterKeys(writer: DuckDBConnection): Promise<MeterKeys> {
  const rows = await writer.runAndReadAll('SELECT id, key FROM meter_keys')
  const keys = new Map(rows.getRows().map(([id, key]) => [String(id), Number(key)]))
  const ids: string[] = []
  for (const [id, key] of keys) ids[key] = id
  const appender: DuckDBAppender = await writer.createAppender('meter_keys')
  return {
    count: () => ids.length,
    of: (meter) => keys.get(meter),
    known: (meters) => [...new Set(meters.flatMap((meter) => keys.get(meter) ?? []))],
    orNext(meter, fresh) {
      const known = keys.get(meter) ?? fresh.get(meter)
      if (known !== undefined) return known
      const key = ids.length + fresh.size
      fresh.set(meter, key)
      return key
    },
    idOf: (key) => must(ids[key]),
    append(fresh) {
      for (const [id, key] of fresh) {
        appender.appendUInteger(key)
        appender.appendVarchar(id)
        appender.endRow()
      }
      if (fresh.size > 0) appender.flushSync()
    },
    take(fresh) {
      for (const [id, key] of fresh) {
        keys.set(id, key)
        ids[key] = id
      }
    },
    clear: () => appender.clear(),
    close: () => appender.closeSync(),
  }
}
