// Finds the indicator that is highest against its limit, for the alerts on quotas and on targets.

import { type Phrase, percent } from '../../phrase.ts'
import type { Limits } from '../finding.ts'

/** The row with the highest `pct`, and how many are over the limit; undefined without rows. */
export function highestOf<Row extends { pct: number }>(
  rows: readonly Row[],
  { raise }: Limits,
): (Row & { over: number }) | undefined {
  const highest = rows.toSorted((a, b) => b.pct - a.pct).at(0)
  return highest && { ...highest, over: rows.filter(({ pct }) => pct > raise).length }
}

/**
 * States how many more indicators are above the same limit, in percent of what they are compared with: a limit below
 * 100 % is not exceeded by a value above it, it is close.
 */
export const andMore = ({ over, raise, base }: { over: number; raise: number; base: Phrase }): Phrase =>
  over > 1
    ? {
        zh: `；另有 ${over - 1} 项高于${base.zh}的 ${percent(raise)}`,
        en: `; ${over - 1} more above ${percent(raise)} of ${base.en}`,
      }
    : { zh: '', en: '' }
