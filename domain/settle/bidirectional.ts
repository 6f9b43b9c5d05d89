// Finds dropouts of a register that runs both ways: its falls are amounts, so only a step far beyond those before it
// is doubtful (docs/rules/settling.md#bidirectional-register).

import { DROPOUT_READINGS_MAX } from './dropout.ts'

/** Steps before a reading that say how far the register goes. */
export const NET_STEPS = 8
const NET_STEPS_MIN = 4
const NET_TIMES = 30

/** The row in which the register is back near the good reading; `row` itself when nothing is doubtful. */
export function netReturnRow(
  value: Float64Array,
  { row, to, good, goodRow, stepMax }: { row: number; to: number; good: number; goodRow: number; stepMax: number },
): number {
  const reach = Math.max(stepMax, reachBefore(value, goodRow))
  const isFar = (at: number): boolean => Math.abs((value[at] as number) - good) > reach
  if (!isFar(row)) return row
  for (let back = row + 1; back < to && back <= row + DROPOUT_READINGS_MAX; back++) if (!isFar(back)) return back
  return row
}

/** True when the step from a row to the next is far beyond those before it. */
export const isNetJump = (value: Float64Array, row: number, stepMax: number): boolean =>
  Math.abs((value[row + 1] as number) - (value[row] as number)) > Math.max(stepMax, reachBefore(value, row))

/** Infinite where too few readings lie before. */
function reachBefore(value: Float64Array, row: number): number {
  if (row < NET_STEPS_MIN) return Number.POSITIVE_INFINITY
  let most = 0
  for (let at = row; at > 0 && at > row - NET_STEPS; at--) {
    most = Math.max(most, Math.abs((value[at] as number) - (value[at - 1] as number)))
  }
  return NET_TIMES * most
}
