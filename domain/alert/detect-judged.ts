// Detectors that look at what was judged already: quota, dual control and PUE. They compare and translate; what a value
// means is decided where it is judged (quota.ts, dual-control.ts).

import type { DualControl, QuotaStatus } from '../judge/result.ts'
import { type Asked, type Finding, judged, unjudged } from './finding.ts'

/**
 * An indicator and its constraint value; `actual` is the rolling year's, or the year's expected end for a prediction.
 */
export type QuotaRow = Pick<QuotaStatus, 'indicator' | 'unit' | 'actual' | 'constraint' | 'standard' | 'standIn'>

/** The indicator that is highest against its 约束值; value in percent of it. Unjudged when none can be rated. */
export const quotaExceeded = (asked: Asked, rows: readonly QuotaRow[]): Finding<'quotaExceeded'> =>
  highestQuota('quotaExceeded', asked, rows)

/** The same for the expected end of the year. It yields to `quotaExceeded` (alert-rule.ts). */
export const quotaPredicted = (asked: Asked, rows: readonly QuotaRow[]): Finding<'quotaPredicted'> =>
  highestQuota('quotaPredicted', asked, rows)

/**
 * The indicator with the highest forecast against its target, in percent. Unjudged without a target, or while
 * provisional.
 */
export const dualControlAtRisk = (asked: Asked, status: DualControl | null): Finding<'dualControlAtRisk'> =>
  highestTarget('dualControlAtRisk', asked, status)

export const dualControlOver = (asked: Asked, status: DualControl | null): Finding<'dualControlOver'> =>
  highestTarget('dualControlOver', asked, status)

/**
 * Data-centre and IT electricity of one span, kWh; null where not known. Unjudged without an IT meter, and when the
 * whole is less than its part: a PUE below 1 is a metering fault and is refused
 * (docs/rules/energy-and-carbon.md#data-centre).
 */
export function pueOverLimit(
  asked: Asked,
  { totalKwh, itKwh }: { totalKwh: number | null; itKwh: number | null },
): Finding<'pueOverLimit'> {
  if (totalKwh === null || itKwh === null || itKwh <= 0 || totalKwh < itKwh) return unjudged('pueOverLimit', asked)
  return judged('pueOverLimit', asked, { value: totalKwh / itKwh, facts: { totalKwh, itKwh } })
}

function highestQuota<K extends 'quotaExceeded' | 'quotaPredicted'>(
  kind: K,
  asked: Asked,
  rows: readonly QuotaRow[],
): Finding<K> {
  const rated = rows.flatMap(({ actual, constraint, ...row }) =>
    actual === null || constraint === null ? [] : [{ ...row, actual, constraint, pct: (100 * actual) / constraint }],
  )
  const highest = rated.toSorted((a, b) => b.pct - a.pct).at(0)
  if (!highest) return unjudged(kind, asked)
  const { indicator, unit, actual, constraint, standard, standIn, pct } = highest
  const over = rated.filter((row) => row.pct > asked.limits.raise).length
  const facts = { indicator, unit, amount: actual, constraint, standard: standard ?? '', standIn, over }
  // Both kinds have the same facts; that K is one of the two is lost on the way through the mapped type.
  return judged<'quotaExceeded' | 'quotaPredicted'>(kind, asked, { value: pct, facts }) as Finding<K>
}

function highestTarget<K extends 'dualControlAtRisk' | 'dualControlOver'>(
  kind: K,
  asked: Asked,
  status: DualControl | null,
): Finding<K> {
  const rated = (status?.provisional ? [] : (status?.indicators ?? [])).flatMap(
    ({ ratio, forecast, target, ...row }) =>
      ratio === null || forecast === null || target === null ? [] : [{ ...row, forecast, target, pct: 100 * ratio }],
  )
  const highest = rated.toSorted((a, b) => b.pct - a.pct).at(0)
  if (!highest) return unjudged(kind, asked)
  const { indicator, unit, forecast, target, targetSource, targetStandIn, pct } = highest
  const over = rated.filter((row) => row.pct > asked.limits.raise).length
  const facts = { indicator, unit, forecast, target, targetSource: targetSource ?? '', standIn: targetStandIn, over }
  return judged<'dualControlAtRisk' | 'dualControlOver'>(kind, asked, { value: pct, facts }) as Finding<K>
}
