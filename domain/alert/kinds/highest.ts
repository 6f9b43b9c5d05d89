// Finds the indicator that is highest against its limit, for the alerts on quotas and on targets.

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

/** States the number of indicators over their limits, when there are several. */
export const andMore = (over: number): Phrase =>
  over > 1 ? { zh: `；共 ${over} 项超出`, en: `; ${over} indicators are over` } : { zh: '', en: '' }
