// Finds readings that leave the series and return to it: zeros, maxima such as 0xFFFF, stale values, wild values
// (docs/rules/settling.md#spike, docs/rules/settling.md#dropout).

import { falls, isMore, rises, standsOut } from './pace.ts'

/** Readings that a dropout leaves out at most. A longer one is a reset or a jump. */
export const DROPOUT_READINGS_MAX = 12
/** The dropout lies this many times farther away than the register went meanwhile. */
const DISTANCE_TIMES = 10

/**
 * The row in which the register returns, when the reading in `row` leaves it after `good`; `row` itself when it does
 * not. `to`: the end of the register's rows; `closing`: its final value.
 */
export function returnRow(
  value: Float64Array,
  { row, to, closing, good, stepMax }: { row: number; to: number; closing: number; good: number; stepMax: number },
): number {
  const read = value[row] as number
  const next = row + 1 < to ? (value[row + 1] as number) : closing
  if (isSpike(good, read, next, stepMax)) return row + 1
  if (!falls(good, read, stepMax) && !(rises(good, read, stepMax) && standsOut(read - good, next - read))) return row
  let nearest = Math.abs(read - good)
  let inner = 0
  // A value below that is repeated is stale, however near.
  let isStale = read < good
  for (let k = row + 1; k < to && k <= row + DROPOUT_READINGS_MAX; k++) {
    const last = value[k - 1] as number
    const back = value[k] as number
    const returns = last > good ? falls(last, back, stepMax) : back > last
    const way = Math.max(0, back - good)
    const isFar = isMore(nearest, DISTANCE_TIMES * Math.max(way, inner)) || (isStale && k > row + 1)
    if (returns && isFar && !falls(good, back, stepMax)) return k
    isStale &&= back === read
    if (!falls(good, back, stepMax) && !rises(good, back, stepMax)) return row
    nearest = Math.min(nearest, Math.abs(back - good))
    if (back > good === last > good) inner = Math.max(inner, Math.abs(back - last))
  }
  return row
}

/** True when `read` leaves `good` up or down and `next` returns at once (docs/rules/settling.md#spike). */
const isSpike = (good: number, read: number, next: number, stepMax: number): boolean =>
  !falls(good, next, stepMax) && (falls(read, next, stepMax) || falls(good, read, stepMax))
