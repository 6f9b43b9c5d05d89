// The indicator that stands highest against its limit: what alerts on quotas and on targets have in common.

import type { Phrase } from '../../phrase.ts'
import type { Limits } from '../finding.ts'

/** The row with the highest `pct`, and how many are over the limit; undefined without rows. */
export function highestOf<Row extends { pct: number }>(
  rows: readonly Row[],
  { raise }: Limits,
): (Row & { over: number }) | undefined {
  const highest = rows.toSorted((a, b) => b.pct - a.pct).at(0)
  return highest && { ...highest, over: rows.filter(({ pct }) => pct > raise).length }
}

/** Tells that further indicators are over their limits. */
export const andMore = (over: number): Phrase =>
  over > 1 ? { zh: `；共 ${over} 项超出`, en: `; ${over} indicators are over` } : { zh: '', en: '' }
