// Plans the window of hours that may change when readings arrive late or are corrected, from the readings nearby.
// Settling this window alone gives the same bytes as settling everything (docs/rules/settling.md#late-readings: late
// readings re-open exactly the hours they touch). Readings are added or corrected, never deleted.

import { HOUR_MS, hourStart } from '../calendar.ts'
import { DOUBTFUL, hourCeiling, indexFrom, SUSPECT } from '../hours.ts'
import { isNetJump, NET_STEPS } from './bidirectional.ts'
import { DROPOUT_READINGS_MAX } from './dropout.ts'
import { intervalTiming } from './interval.ts'
import { amountsMs, COUNTER_VALUES, isSurelyUsual, USUAL_IN_A_ROW } from './interval-pace.ts'
import { mayChangeScale, SCALE_DAY_MS } from './interval-scale.ts'
import { believed } from './overflow.ts'
import { AFTER_STEPS, falls, historyMs, isSurelyCalm, rises, smallStep, standsOut } from './pace.ts'
import { replacementsAmong } from './replacement.ts'
import { isNetAt, type MeterProfile, type Samples, type SettleWindow } from './series.ts'

export interface TouchedSpan {
  /** Times of the earliest and the latest reading that arrived or was corrected. */
  fromMs: number
  toMs: number
  /** Not a reading changed but the verdict on one: the pace of later steps stays. */
  isReview?: boolean
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
  const given = believed(profile, samples).samples
  const changed = withScaled(profile, touched)
  if (given.atMs.length === 0) {
    if (!edge.reachesStart) return { more: 'before' }
    if (!edge.reachesEnd) return { more: 'after' }
    // Replacements lengthened the series while a reading was believed.
    const times = [touched.fromMs, touched.toMs, ...profile.replacements.map((replaced) => replaced.atMs)]
    const hours = hoursOf({ fromMs: Math.min(...times), toMs: Math.max(...times) })
    return { ...hours, firstIndex: 0, lastIndex: -1, opensSeries: true, closesSeries: true }
  }
  const plan =
    profile.kind === 'interval'
      ? planIntervals(profile, given, changed, edge)
      : planRegister(profile, given, changed, edge)
  if ('more' in plan || profile.kind === 'interval') return plan
  // Events of readings that are not believed lie outside the first and last that are.
  const hours = hoursOf(touched)
  return {
    ...plan,
    fromMs: plan.opensSeries ? Math.min(plan.fromMs, hours.fromMs) : plan.fromMs,
    toMs: plan.closesSeries ? Math.max(plan.toMs, hours.toMs) : plan.toMs,
  }
}

const hoursOf = ({ fromMs, toMs }: TouchedSpan): TouchedSpan => ({
  fromMs: hourStart(fromMs),
  toMs: hourStart(toMs) + HOUR_MS,
})

/**
 * A scale that was accepted, and amounts that count as read, hold from their first reading on: what changes after it is
 * settled from there to the end.
 */
function withScaled(profile: MeterProfile, touched: TouchedSpan): TouchedSpan {
  const { overrides = [], kind } = profile
  const { fromMs, toMs } = touched
  const holds = overrides.filter(({ accepted }) => accepted || kind === 'interval')
  const since = holds.map(({ atMs }) => atMs).filter((atMs) => atMs <= toMs + historyMs(profile))
  return since.length === 0 ? touched : { fromMs: Math.min(fromMs, ...since), toMs: Number.POSITIVE_INFINITY }
}

/** Hours that readings of a scale may lie in: of one that goes on, and of one that returned. */
export const isInDoubt = (flag: number): boolean => flag === DOUBTFUL || flag === SUSPECT

/** Hours looked through after a window for the end of readings that were left out. */
const LEFT_OUT_HOURS_MAX = 24

/**
 * The touched span, widened to the doubtful hours that stand beside the window, if there are any: whether a scale still
 * holds is known from its jump alone. `flagAt`: the stored flag of an hour; `lastMs`: the last reading of the meter.
 */
export function widenedTouch(
  touched: TouchedSpan,
  plan: WindowPlan,
  { flagAt, endsInDoubt, lastMs }: { flagAt: (hourMs: number) => number; endsInDoubt: boolean; lastMs: number },
): TouchedSpan | undefined {
  let { fromMs, toMs } = plan
  while (!plan.opensSeries && isInDoubt(flagAt(fromMs - HOUR_MS))) fromMs -= HOUR_MS
  const mostMs = toMs + LEFT_OUT_HOURS_MAX * HOUR_MS
  while (!plan.closesSeries && toMs < mostMs && flagAt(toMs) === SUSPECT) toMs += HOUR_MS
  const reachesEnd = !plan.closesSeries && (endsInDoubt || toMs === mostMs || flagAt(toMs) === DOUBTFUL)
  if (fromMs === plan.fromMs && toMs === plan.toMs && !reachesEnd) return undefined
  return {
    fromMs: fromMs === plan.fromMs ? touched.fromMs : Math.min(touched.fromMs, fromMs),
    toMs: Math.max(touched.toMs, reachesEnd ? lastMs : toMs === plan.toMs ? touched.toMs : toMs),
  }
}

/**
 * A reading is *surely good*, whatever came before and after, when it can be in no dropout. A dropout has at most
 * DROPOUT_READINGS_MAX readings, begins with a fall or a rise that stands out, and ends with a fall or a rise from
 * below (docs/rules/settling.md#dropout). So a reading is good when none of the steps of that many readings before it,
 * and not the step after it, falls, and either none of those before it is a rise that stands out, or none of those of
 * as many readings after it falls. A walk may start at it.
 *
 * With all these readings outside the touched range, it is good before and after the change, and every reading beyond
 * it keeps its verdict. The pace of a step depends on what was read before it, for as long as `historyMs`: a change
 * re-opens the steps of that time after it which are not surely calm.
 */
function planRegister(
  profile: MeterProfile,
  samples: Samples,
  touched: TouchedSpan,
  edge: LoadedEdge,
): WindowPlan | MoreNeeded {
  const { atMs } = samples
  const timeAt = timesOf(samples)
  const end = atMs.length - 1
  const before = indexFrom(atMs, touched.fromMs)
  const isBefore = anchorTest(profile, samples, { low: 0, high: Math.min(end, before - 1), isStart: edge.reachesStart })

  let inner = before - 1 - AFTER_STEPS
  while (inner > 0 && !isBefore(inner)) inner--
  if (inner <= 0 && !edge.reachesStart) return { more: 'before' }
  const outline = seriesOutline(profile, samples, edge)
  const fromMs = hourStart(inner > 0 ? timeAt(inner) : outline.startMs)
  let first = Math.max(inner, 0)
  while (first > 0 && !(timeAt(first) <= fromMs && isBefore(first))) first--
  if (first <= 0 && !edge.reachesStart) return { more: 'before' }

  let after = indexFrom(atMs, touched.toMs)
  if (atMs[after] === touched.toMs) after++
  const reopenedMs = touched.isReview ? touched.toMs : touched.toMs + historyMs(profile)
  if (!edge.reachesEnd && (end < 0 || timeAt(end) <= reopenedMs)) return { more: 'after' }
  const isAfter = anchorTest(profile, samples, { low: after, high: end, isStart: false })
  inner = Math.max(after, lastDoubt(profile, samples, { after, reopenedMs }) + 1)
  while (inner < end && !isAfter(inner)) inner++
  if (inner >= end && !edge.reachesEnd) return { more: 'after' }
  // An event may lie exactly at the end of the series, so the window extends one hour beyond.
  const toMs = inner < end ? hourCeiling(timeAt(inner)) : hourStart(outline.endMs) + HOUR_MS
  let last = Math.min(inner, end)
  while (last < end && !(timeAt(last) >= toMs && isAfter(last))) last++
  if (last + AFTER_STEPS > end && !edge.reachesEnd) return { more: 'after' }

  const isShort = !edge.reachesStart && timeAt(first) - timeAt(0) < historyMs(profile)
  if (isShort && hasDoubt(profile, samples, first, last)) return { more: 'before' }
  return { fromMs, toMs, firstIndex: first, lastIndex: last, opensSeries: first <= 0, closesSeries: last >= end }
}

/** The last row whose step a change before row `after` may judge anew; -1: none. */
function lastDoubt(
  profile: MeterProfile,
  samples: Samples,
  { after, reopenedMs }: { after: number; reopenedMs: number },
): number {
  const { atMs } = samples
  let doubt = -1
  for (let row = after; row + 1 < atMs.length && (atMs[row] as number) <= reopenedMs; row++) {
    if (!isSurelyCalm(profile, samples, row, after)) doubt = row
  }
  for (const replaced of profile.replacements) {
    if (replaced.atMs <= reopenedMs) doubt = Math.max(doubt, indexFrom(atMs, replaced.atMs) + 1)
  }
  return doubt
}

/** True when a step between two rows can only be judged with its history. */
function hasDoubt(profile: MeterProfile, samples: Samples, first: number, last: number): boolean {
  const { atMs } = samples
  const firstMs = atMs[first] as number
  if (profile.replacements.some((replaced) => replaced.atMs >= firstMs)) return true
  for (let row = first; row < last; row++) if (!isSurelyCalm(profile, samples, row, 0)) return true
  return false
}

/** The time of a row; the row must be one of the samples. */
const timesOf =
  ({ atMs }: Samples) =>
  (row: number): number =>
    atMs[row] as number

/**
 * Whether a row is surely good by the rows `low` to `high` alone. `isStart`: row `low` is the meter's first reading,
 * which is always good.
 */
function anchorTest(
  profile: MeterProfile,
  samples: Samples,
  { low, high, isStart }: { low: number; high: number; isStart: boolean },
): (row: number) => boolean {
  const { value } = samples
  const timeAt = timesOf(samples)
  const valueAt = (row: number): number => value[row] as number
  const stepMax = smallStep(profile)
  const { direction, directionFrom = [] } = profile
  const margin = DROPOUT_READINGS_MAX + (direction === 'bidirectional' || directionFrom.length > 0 ? NET_STEPS : 0)
  const isFall = (row: number): boolean => falls(valueAt(row), valueAt(row + 1), stepMax)
  const isSteep = (row: number): boolean => {
    const rise = valueAt(row + 1) - valueAt(row)
    return (
      rises(valueAt(row), valueAt(row + 1), stepMax) &&
      (row + 2 > high || standsOut(rise, valueAt(row + 2) - valueAt(row + 1)))
    )
  }
  const some = (from: number, to: number, test: (row: number) => boolean): boolean => {
    for (let row = to - 1; row >= from; row--) if (test(row)) return true
    return false
  }
  return (row) => {
    if (row + 1 > high || (row - margin < low && !isStart)) return false
    const from = Math.max(low, row - margin)
    const to = Math.min(high, row + DROPOUT_READINGS_MAX)
    // Neighbours in time are neighbours in the register only without a replacement or a change of its direction between
    // them, and a replacement may begin the series.
    const around = { fromMs: row - margin < low ? Number.NEGATIVE_INFINITY : timeAt(from), toMs: timeAt(to) }
    if (profile.replacements.some(({ atMs }) => atMs >= around.fromMs && atMs <= around.toMs)) return false
    if (directionFrom.some(({ fromMs }) => fromMs >= around.fromMs && fromMs <= around.toMs)) return false
    if (isNetAt(profile, timeAt(row))) return !some(from, row, (at) => isNetJump(value, at, stepMax))
    if (some(from, row + 1, isFall)) return false
    return !some(from, row, isSteep) || (row + DROPOUT_READINGS_MAX <= high && !some(row, to, isFall))
  }
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

/** Amounts before a changed one whose verdict may rest on it. */
const AMOUNTS_BEFORE = Math.max(USUAL_IN_A_ROW, COUNTER_VALUES)

/**
 * An interval changes the hours that it overlaps, those of the doubtful amounts around it, and at an end of the series
 * the hours up to its neighbour, which are `missing`.
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

  const reopenedMs = touched.isReview ? touched.toMs : touched.toMs + amountsMs(profile)
  if (!edge.reachesEnd && timeAt(end) <= reopenedMs + SCALE_DAY_MS) return { more: 'after' }
  if (older < AMOUNTS_BEFORE && !edge.reachesStart) return { more: 'before' }
  if (timeAt(0) >= touched.fromMs - SCALE_DAY_MS && !edge.reachesStart) return { more: 'before' }
  const doubtful = { first: firstDoubt(profile, samples, older, touched.fromMs), last: newer - 1 }
  for (let row = newer; row <= end && timeAt(row) <= reopenedMs; row++) {
    if (!isSurelyUsual(profile, samples, row, newer)) doubtful.last = row
  }
  let changedFromMs = Math.min(touched.fromMs - leadMs, older < 0 ? Number.POSITIVE_INFINITY : startOf(doubtful.first))
  let changedToMs = Math.max(
    (Number.isFinite(touched.toMs) ? touched.toMs : timeAt(end)) - leadMs + lengthMs,
    doubtful.last < 0 ? Number.NEGATIVE_INFINITY : endOf(doubtful.last),
  )
  if (newer > end && older >= 0) changedFromMs = Math.min(changedFromMs, endOf(older))
  if (older < 0 && newer <= end) changedToMs = Math.max(changedToMs, startOf(newer))
  let fromMs = hourStart(changedFromMs)
  const toMs = hourCeiling(changedToMs)

  // All intervals have the same length, so those before one that ends by fromMs end by then too; likewise after toMs.
  while (older >= 0 && endOf(older) > fromMs) older--
  // Whether a scale holds at the first row shows in the hour of the row before it, not in a gap between the two.
  if (older >= 0) fromMs = Math.min(fromMs, hourCeiling(endOf(older)))
  // Within the end of a counter its first value cannot be told from an amount.
  while (older > 0 && !isSurelyUsual(profile, samples, older, 0)) older--
  while (newer <= end && startOf(newer) < toMs) newer++
  const isAtStart = older < 0 || (older === 0 && !isSurelyUsual(profile, samples, 0, 0))
  if (isAtStart && !edge.reachesStart) return { more: 'before' }
  if (newer + COUNTER_VALUES > end && !edge.reachesEnd) return { more: 'after' }
  const isShort = !edge.reachesStart && timeAt(Math.max(older, 0)) - timeAt(0) < amountsMs(profile)
  if (isShort && hasUnusual(profile, samples, Math.max(older, 0), Math.min(newer, end))) return { more: 'before' }
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

/** The first row whose verdict may rest on a row after `older`. */
function firstDoubt(profile: MeterProfile, samples: Samples, older: number, changedMs: number): number {
  let first = Math.max(0, older - AMOUNTS_BEFORE)
  for (let row = first - 1; row >= 0 && (samples.atMs[row] as number) > changedMs - SCALE_DAY_MS; row--) {
    if (mayChangeScale(profile, samples, row, 0)) first = row
  }
  return first
}

/** True when an amount between two rows can only be judged with its history. */
function hasUnusual(profile: MeterProfile, samples: Samples, first: number, last: number): boolean {
  for (let row = first; row <= last; row++) if (!isSurelyUsual(profile, samples, row, 0)) return true
  return false
}
