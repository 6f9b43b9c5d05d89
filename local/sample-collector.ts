// Groups rows of many meters by meter: a counting sort, three times as fast as the same ORDER BY in DuckDB, because the
// readings of one meter nearly always arrive in order of time and then need no sort at all.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Samples } from '../domain/settle/series.ts'
import { QUALITY_MARKS } from '../domain/wire/sent-unit.ts'
import type { Rows } from './lake/columns.ts'

/** Rows or meters processed before the event loop gets a turn: a few milliseconds. */
const ROWS_PER_TURN = 100_000
const METERS_PER_TURN = 10_000

/**
 * Samples by meter key, each sorted by time, one per time (the last that arrived), none suspect. Meters without any are
 * absent.
 */
export async function partByMeter({ meters, times, values, marks }: Rows): Promise<Map<number, Samples>> {
  // The columns have one length, and `ends` has a place for every key, so every index below exists.
  const keyAt = (row: number): number => meters[row] as number
  let [lowest, highest] = [meters[0] ?? 0, 0]
  for (let row = 0; row < meters.length; row++) {
    const key = keyAt(row)
    if (key < lowest) lowest = key
    if (key > highest) highest = key
  }
  // Counted from the lowest key: reading one meter of a province must not cost a pass over all keys.
  const keyCount = highest - lowest + 1
  const ends = new Uint32Array(keyCount + 1)
  for (let row = 0; row < meters.length; row++) (ends[keyAt(row) - lowest + 1] as number)++
  for (let key = 0; key < keyCount; key++) (ends[key + 1] as number) += ends[key] as number
  const at = new Float64Array(meters.length)
  const value = new Float64Array(meters.length)
  const unit = marks.some((mark) => mark >= QUALITY_MARKS) ? new Uint8Array(meters.length) : undefined
  // ends[key] begins at the start of the meter's rows and reaches their end when all are placed.
  for (let row = 0; row < meters.length; await nextTurn()) {
    for (const end = Math.min(meters.length, row + ROWS_PER_TURN); row < end; row++) {
      const place = (ends[keyAt(row) - lowest] as number)++
      at[place] = times[row] as number
      value[place] = values[row] as number
      if (unit) unit[place] = Math.floor((marks[row] as number) / QUALITY_MARKS)
    }
  }
  const found = new Map<number, Samples>()
  for (let key = 0, first = 0; key < keyCount; first = ends[key++] as number) {
    const end = ends[key] as number
    if (end === first) continue
    const isTidy = areTidy(at, value, first, end)
    const units = unit?.subarray(first, end)
    const own: Samples = {
      ...{ atMs: at.subarray(first, end), value: value.subarray(first, end) },
      ...(units?.some((one) => one > 0) && { unit: units }),
    }
    const samples = isTidy ? own : tidied(own)
    if (samples.atMs.length > 0) found.set(lowest + key, samples)
    if (found.size % METERS_PER_TURN === 0) await nextTurn()
  }
  return found
}

/** Whether the rows first..end (excluded) are in order: times rise, none is suspect. */
function areTidy(at: Float64Array, value: Float64Array, first: number, end: number): boolean {
  if (Number.isNaN(value[first])) return false
  // Both elements exist: first ≤ i − 1 < i < end ≤ length.
  for (let i = first + 1; i < end; i++)
    if (!((at[i] as number) > (at[i - 1] as number)) || Number.isNaN(value[i])) return false
  return true
}

/**
 * Sorts readings of one meter from order of arrival into order of time, one per time (the last received), none suspect.
 */
function tidied({ atMs, value, unit }: Samples): Samples {
  const timeAt = (i: number): number => atMs[i] as number // of the order, which names the rows there are
  const order = Uint32Array.from(atMs, (_, i) => i).sort((a, b) => timeAt(a) - timeAt(b) || a - b)
  const kept = order.filter(
    (i, n) => (n + 1 === order.length || timeAt(order[n + 1] as number) !== timeAt(i)) && !Number.isNaN(value[i]),
  )
  return {
    ...{ atMs: Float64Array.from(kept, timeAt), value: Float64Array.from(kept, (i) => value[i] as number) },
    ...(unit && { unit: Uint8Array.from(kept, (i) => unit[i] as number) }),
  }
}
