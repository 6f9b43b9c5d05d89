// Finds the target that holds in a year and its value by cap, path or explicit row. dual-control.ts compares a subject
// with it; target-plan.ts compares the parts with the whole.

import type { Indicator } from '../indicator.ts'
import type { Target } from '../registry/records.ts'

/**
 * The value a target sets for a year, in the indicator's unit: the explicit row, or a point on the path from
 * `baseValue` at `baseYear` to the end value at `endYear`. No source prescribes linear or compound
 * (docs/rules/dual-control.md#path), so the target states it. Throws RangeError naming the target when the year lies
 * outside its plan or has no row.
 */
export function targetValue(target: Target, year: number): number {
  const { baseYear, endYear, baseValue, cap, reductionPct = 0, years } = target
  const explicit = years?.[String(year)]
  const inside = year >= baseYear && year <= endYear
  if (inside && explicit !== undefined) return explicit
  if (!inside || years !== undefined || baseValue === undefined) {
    throw new RangeError(
      `the target ${target.indicator} of ${target.subject} (${baseYear} to ${endYear}) has no value for ${year}`,
    )
  }
  const endValue = cap ?? baseValue * (1 - reductionPct / 100)
  const progress = (year - baseYear) / (endYear - baseYear)
  if (progress === 1) return endValue
  return target.path === 'compound'
    ? baseValue * (endValue / baseValue) ** progress
    : baseValue + (endValue - baseValue) * progress
}

/** The target that sets a value for the year: an issued one before a stand-in, then the newest plan. */
export function targetFor(targets: readonly Target[], indicator: Indicator, year: number): Target | undefined {
  return targets
    .filter((target) => target.indicator === indicator && year > target.baseYear && year <= target.endYear)
    .filter((target) => target.years === undefined || target.years[String(year)] !== undefined)
    .toSorted((a, b) => Number(a.standIn) - Number(b.standIn) || b.baseYear - a.baseYear)
    .at(0)
}
