// Plans the window of hours that may change when readings arrive late or are corrected, from the readings nearby.
// Settling this window alone gives the same bytes as settling everything (docs/rules/settling.md#late-readings: late
// readings re-open exactly the hours they touch). Readings are added or corrected, never deleted.

import { HOUR_MS, hourStart } from '../calendar.ts'
import { hourCeiling, indexFrom } from '../hours.ts'
import { falls, replacementsAmong, smallStep } from './cumulative.ts'
import { intervalTiming } from './interval.ts'
import type { MeterProfile, Samples, SettleWindow } from './series.ts'

export interface TouchedSpan {
  /** Times of the earliest and the latest reading that arrived or was corrected. */
  fromMs: number
  toMs: number
}

/** True when the loaded samples begin with the meter's first reading of all, or end with its last. */
export interface LoadedEdge {
  reachesStart: boolean
  reachesEnd: boolean
}

export type WindowPlan = Required<SettleWindow>
export type MoreNeeded = { more: 'before' | 'after' }

/**
 * The window to settle again after readings in `touched` were stored, as an argument of settleSamples with the same
 * samples. `samples`: the new readings around `touched`, without holes, as far as loaded. The result of settling
 * replaces the stored hours and events in [fromMs, toMs); the others already equal a full settlement. `{more}`: load
 * further in that direction and call again; never returned for a direction that `edge` says is complete.
 */
export function planWindow(
  profile: MeterProfile,
  samples: Samples,
  touched: TouchedSpan,
  edge: LoadedEdge,
): WindowPlan | MoreNeeded {
  if (samples.atMs.length === 0) {
    if (!edge.reachesStart) return { more: 'before' }
    if (!edge.reachesEnd) return { more: 'after' }
    const hours = { fromMs: hourStart(touched.fromMs), toMs: hourStart(touched.toMs) + HOUR_MS }
    return { ...hours, firstIndex: 0, lastIndex: -1, opensSeries: true, closesSeries: true }
  }
  return profile.kind === 'interval'
    ? planIntervals(profile, samples, touched, edge)
    : planRegister(profile, samples, touched, edge)
}

/**
 * A reading r2 between its neighbours r1 and r3 is *surely good*, whatever came before, when neither r1 → r2 nor
 * r2 → r3 falls by more than J. Proof from the rule of spikes (docs/rules/settling.md#spike): r2 is left out only if r2
 * falls to r3, which it does not, or if the last good reading a falls to r2. If r1 is good, then a = r1, which does not
 * fall to r2. If r1 was left out, the same rule had required that a does not fall to the reading right after r1, which
 * is r2. So a walk may start at r2 with a = r2.
 *
 * With r1, r2, r3 all outside the touched range, r2 is good before and after the change, and every reading beyond it
 * keeps its verdict: the change ends at r2, for the hours and for the events alike.
 */
function planRegister(
  profile: MeterProfile,
  samples: Samples,
  touched: TouchedSpan,
  edge: LoadedEdge,
): WindowPlan | MoreNeeded {
  const { atMs } = samples
  const timeAt = timesOf(samples)
  const isAnchor = anchorTest(profile, samples)

  let inner = indexFrom(atMs, touched.fromMs) - 2
  while (inner > 0 && !isAnchor(inner)) inner--
  if (inner <= 0 && !edge.reachesStart) return { more: 'before' }
  const outline = seriesOutline(profile, samples, edge)
  const fromMs = hourStart(inner > 0 ? timeAt(inner) : outline.startMs)
  let first = Math.max(inner, 0)
  while (first > 0 && !(timeAt(first) <= fromMs && isAnchor(first))) first--
  if (first <= 0 && !edge.reachesStart) return { more: 'before' }

  const end = atMs.length - 1
  inner = indexFrom(atMs, touched.toMs)
  if (atMs[inner] === touched.toMs) inner++
  inner++
  while (inner < end && !isAnchor(inner)) inner++
  if (inner >= end && !edge.reachesEnd) return { more: 'after' }
  // An event may lie exactly at the end of the series, so the window extends one hour beyond.
  const toMs = inner < end ? hourCeiling(timeAt(inner)) : hourStart(outline.endMs) + HOUR_MS
  let last = Math.min(inner, end)
  while (last < end && !(timeAt(last) >= toMs && isAnchor(last))) last++
  if (last >= end && !edge.reachesEnd) return { more: 'after' }

  return { fromMs, toMs, firstIndex: first, lastIndex: last, opensSeries: first <= 0, closesSeries: last >= end }
}

/** The time of a row; the row must be one of the samples. */
const timesOf =
  ({ atMs }: Samples) =>
  (row: number): number =>
    atMs[row] as number

/** Precondition: the row has neighbours on both sides. */
function anchorTest(profile: MeterProfile, samples: Samples): (i: number) => boolean {
  const { value } = samples
  const timeAt = timesOf(samples)
  const valueAt = (row: number): number => value[row] as number
  const stepMax = smallStep(profile)
  return (i) =>
    !falls(valueAt(i - 1), valueAt(i), stepMax) &&
    !falls(valueAt(i), valueAt(i + 1), stepMax) &&
    // Neighbours in time are neighbours in the register only without a replacement between them.
    profile.replacements.every((replaced) => replaced.atMs < timeAt(i - 1) || replaced.atMs > timeAt(i + 1))
}

function seriesOutline(profile: MeterProfile, samples: Samples, edge: LoadedEdge): { startMs: number; endMs: number } {
  const timeAt = timesOf(samples)
  const firstMs = timeAt(0)
  const lastMs = timeAt(samples.atMs.length - 1)
  const replaced = replacementsAmong(profile.replacements, firstMs, lastMs, {
    opens: edge.reachesStart,
    closes: edge.reachesEnd,
  }).map((replacement) => replacement.atMs)
  return { startMs: Math.min(firstMs, ...replaced), endMs: Math.max(lastMs, ...replaced) }
}

/**
 * An interval changes only the hours that it overlaps, while there are older and newer intervals. At an end of the
 * series it also creates the hours up to its neighbour, as `missing`.
 */
function planIntervals(
  profile: MeterProfile,
  samples: Samples,
  touched: TouchedSpan,
  edge: LoadedEdge,
): WindowPlan | MoreNeeded {
  const { atMs } = samples
  const timeAt = timesOf(samples)
  const { lengthMs, leadMs } = intervalTiming(profile)
  const startOf = (i: number): number => timeAt(i) - leadMs
  const endOf = (i: number): number => timeAt(i) - leadMs + lengthMs

  const end = atMs.length - 1
  let older = indexFrom(atMs, touched.fromMs) - 1
  let newer = indexFrom(atMs, touched.toMs)
  if (atMs[newer] === touched.toMs) newer++
  if (older < 0 && !edge.reachesStart) return { more: 'before' }
  if (newer > end && !edge.reachesEnd) return { more: 'after' }

  let changedFromMs = touched.fromMs - leadMs
  let changedToMs = touched.toMs - leadMs + lengthMs
  if (newer > end && older >= 0) changedFromMs = Math.min(changedFromMs, endOf(older))
  if (older < 0 && newer <= end) changedToMs = Math.max(changedToMs, startOf(newer))
  const fromMs = hourStart(changedFromMs)
  const toMs = hourCeiling(changedToMs)

  // All intervals have the same length, so those before one that ends by fromMs end by then too; likewise after toMs.
  while (older >= 0 && endOf(older) > fromMs) older--
  while (newer <= end && startOf(newer) < toMs) newer++
  if (older < 0 && !edge.reachesStart) return { more: 'before' }
  if (newer > end && !edge.reachesEnd) return { more: 'after' }
  const opensSeries = older < 0
  const closesSeries = newer > end
  return {
    fromMs,
    toMs,
    firstIndex: Math.max(older, 0),
    lastIndex: Math.min(newer, end),
    opensSeries,
    closesSeries,
  }
}
