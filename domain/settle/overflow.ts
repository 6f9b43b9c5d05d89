// Leaves out readings that a register cannot show: those at or above 10^digits (docs/rules/settling.md#overflow).

import { undoneIds } from './review.ts'
import { digitsAt, type MeterProfile, type Samples } from './series.ts'

/** The samples that are believed, and the others. */
export function believed(profile: MeterProfile, samples: Samples): { samples: Samples; overflows: readonly number[] } {
  const { atMs, value } = samples
  const { digits, digitsFrom, kind } = profile
  if ((digits === undefined && !digitsFrom) || kind === 'interval') return { samples, overflows: NONE }
  // At the very instant of a change a reading belongs to the time before.
  const fullAt = (ms: number): number =>
    10 ** ((digitsFrom ? digitsAt(digitsFrom, ms - 1) : digits) ?? Number.POSITIVE_INFINITY)
  const full = digitsFrom ? null : fullAt(0)
  const isFull = (read: number, row: number): boolean => read >= (full ?? fullAt(atMs[row] as number))
  if (!value.some(isFull)) return { samples, overflows: NONE }
  const undone = undoneIds(profile.overrides)
  const isOver = (row: number): boolean => isFull(value[row] as number, row) && !undone.has(`overflow:${atMs[row]}`)
  const rows = [...value.keys()]
  const kept = rows.filter((row) => !isOver(row))
  return {
    samples: {
      atMs: Float64Array.from(kept, (row) => atMs[row] as number),
      value: Float64Array.from(kept, (row) => value[row] as number),
    },
    overflows: rows.filter(isOver),
  }
}
const NONE: readonly number[] = []
