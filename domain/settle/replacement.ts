// Decides which registered replacements count: those that their neighbours do not contradict
// (docs/rules/settling.md#replacement, docs/rules/settling.md#replacement-conflict).

import { indexFrom } from '../hours.ts'
import type { Replacement } from '../registry/records.ts'
import { exceedsPace, falls, smallStep } from './pace.ts'
import { undoneIds } from './review.ts'
import type { MeterProfile, RegisterEvent, Samples } from './series.ts'

/** The replacements inside samples first..last, and beyond an end that is the end of the series. */
export function replacementsAmong(
  replacements: readonly Replacement[],
  firstAtMs: number,
  lastAtMs: number,
  edge: { opens: boolean; closes: boolean },
): readonly Replacement[] {
  if (replacements.length === 0) return replacements
  const latest = new Map(replacements.map((replacement) => [replacement.atMs, replacement]))
  return [...latest.values()]
    .filter(({ atMs }) => (edge.opens || atMs > firstAtMs) && (edge.closes || atMs < lastAtMs))
    .sort((a, b) => a.atMs - b.atMs)
}

type Conflict = Extract<RegisterEvent, { kind: 'replacementConflict' }>

/** Splits replacements into those that count and the events of those that do not. */
export function judgeReplacements(
  profile: MeterProfile,
  samples: Samples,
  replacements: readonly Replacement[],
): { counted: readonly Replacement[]; conflicts: readonly Conflict[] } {
  if (replacements.length === 0) return { counted: replacements, conflicts: [] }
  const undone = undoneIds(profile.overrides)
  const counted: Replacement[] = []
  const conflicts: Conflict[] = []
  for (const replacement of replacements) {
    const conflict = conflictOf(profile, samples, replacement)
    if (!conflict || undone.has(`replacementConflict:${replacement.atMs}`)) counted.push(replacement)
    else conflicts.push(conflict)
  }
  return { counted, conflicts }
}

/**
 * The event of a replacement that the two readings before it or the two after it contradict. One reading alone may be
 * the wrong one.
 */
function conflictOf(profile: MeterProfile, samples: Samples, replacement: Replacement): Conflict | undefined {
  const { atMs, value } = samples
  const { finalValue, startValue } = replacement
  const end = indexFrom(atMs, replacement.atMs)
  const begin = end < atMs.length && atMs[end] === replacement.atMs ? end + 1 : end
  const rowsBefore = [end - 1, end - 2].filter((row) => row >= 0)
  const rowsAfter = [begin, begin + 1].filter((row) => row < atMs.length)
  const stepMax = smallStep(profile)
  const isBadBefore = (row: number): boolean => {
    const read = value[row] as number
    const way = { from: row, toMs: replacement.atMs, next: begin, amount: finalValue - read }
    return falls(read, finalValue, stepMax) || exceedsPace(profile, samples, way, false)
  }
  const isBadAfter = (row: number): boolean => {
    const read = value[row] as number
    if (falls(startValue, read, stepMax)) return true
    const way = { from: end - 1, fromMs: replacement.atMs, toMs: atMs[row] as number, next: row }
    return end > 0 && exceedsPace(profile, samples, { ...way, amount: read - startValue }, false)
  }
  const isBad =
    (rowsBefore.length > 0 && rowsBefore.every(isBadBefore)) || (rowsAfter.length > 0 && rowsAfter.every(isBadAfter))
  if (!isBad) return undefined
  const [before] = rowsBefore
  const [after] = rowsAfter
  return {
    kind: 'replacementConflict',
    ...replacement,
    before: before === undefined ? null : (value[before] as number),
    after: after === undefined ? null : (value[after] as number),
    proposed: 'ignored',
  }
}
