// Leaves out readings that a register cannot show: those at or above 10^digits (docs/rules/settling.md#overflow).

import { undoneIds } from './review.ts'
import type { MeterProfile, Samples } from './series.ts'

/** The samples that are believed, and the others. */
export function believed(profile: MeterProfile, samples: Samples): { samples: Samples; overflows: readonly number[] } {
  const { atMs, value } = samples
  if (profile.digits === undefined || profile.kind === 'interval') return { samples, overflows: NONE }
  const full = 10 ** profile.digits
  if (!value.some((read) => read >= full)) return { samples, overflows: NONE }
  const undone = undoneIds(profile.overrides)
  const isOver = (row: number): boolean => (value[row] as number) >= full && !undone.has(`overflow:${atMs[row]}`)
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
