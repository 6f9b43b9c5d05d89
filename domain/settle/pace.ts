// Judges whether a register can have risen as far as two readings say: by the meter's rated maximum, and by its own
// pace in the days before and right after (docs/rules/settling.md#pace). A verdict depends on the readings of a bounded
// time, so that a window settles to the same bytes as the whole.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../calendar.ts'
import type { MeterProfile, Samples } from './series.ts'

/** The small step J (docs/rules/settling.md#small-step) is this many times the resolution. */
const SMALL_STEP_RESOLUTIONS = 100
/** Decimal readings are stored as the nearest double: relative to both, a difference is off by at most this. */
export const ROUNDING = 2 ** -52
/** Multiples of such differences are equal when they differ by less, relative to them. */
const TIE = 1e-9

/** The pace is that of the steps within eight days, or eight intervals where these are longer: weekdays and weekend. */
const HISTORY_DAYS = 8
/** The usual peak is the third largest pace: one or two wrong readings do not raise it. */
const PEAKS = 3
/** A meter with fewer steps has no history, and is not accused. */
const HISTORY_STEPS_MIN = 4
/** Steps after the doubtful one: a load that stays high is a load. */
export const AFTER_STEPS = 4
/**
 * A step is beyond the pace when it is more than 30 times the usual peak and the pace after it. The largest of 36 real
 * buildings in two years is 10 times.
 */
const PEAK_TIMES = 30
/** While nothing is read after the step. */
const LAST_TIMES = 300
/** The first step of a meter, by the pace after it alone: a reading of 0 before the register was reached. */
const FIRST_TIMES = 1000
/** The rise from a value to which the register fell, by the pace after it alone: the end of a long dropout. */
const FALLEN_TIMES = 1000
/** A smaller multiple of the step after it is not doubtful. */
const STANDS_OUT_TIMES = 10
/** Meters carry more than their rated maximum for a while. */
const RATED_TIMES = 1.2
/**
 * Readings closer than this, or than the interval, count as this far apart: a gateway may send twice within a second.
 */
const STEP_MINUTES_MIN = 15
/** A rise and a fall that differ by less are the two edges of a dropout. */
const EDGE_TIMES = 2
/** Readings of equal value that are looked through beside a step. */
const FLAT_READINGS_MAX = 12

/** J of docs/rules/settling.md#small-step, in register units. */
export const smallStep = (profile: MeterProfile): number => SMALL_STEP_RESOLUTIONS * profile.resolution

/** True when w is below v by more than J. A fall of exactly J in decimals is none, despite the rounding of doubles. */
export const falls = (v: number, w: number, stepMax: number): boolean =>
  v - w > stepMax + (Math.abs(v) + Math.abs(w) + stepMax) * 2 * ROUNDING

/** True when w is above v by more than J. */
export const rises = (v: number, w: number, stepMax: number): boolean => falls(w, v, stepMax)

/** True when an amount is more than a multiple, despite the rounding of doubles. */
export const isMore = (amount: number, multiple: number): boolean => amount > multiple * (1 + TIE)

/** How far before a step its history reaches. */
export const historyMs = ({ intervalMinutes }: MeterProfile): number =>
  HISTORY_DAYS * Math.max(DAY_MS, intervalMinutes * MINUTE_MS)

/** A way of the register from the reading in row `from` to `toMs`; readings after it begin with row `next`. */
export interface Way {
  from: number
  toMs: number
  next: number
  amount: number
  /** Where the way begins, when not at its row. */
  fromMs?: number
}

/**
 * True when the amount is beyond the pace of the register, or beyond its rated maximum. Expects the samples of
 * `historyMs` before the row, and AFTER_STEPS after `next`. `opens`: row 0 is the meter's first reading of all.
 */
export function exceedsPace(profile: MeterProfile, samples: Samples, way: Way, opens: boolean): boolean {
  const { amount, from, toMs } = way
  const start = samples.value[from] as number
  if (!rises(start, start + amount, smallStep(profile))) return false
  const plateau = plateauOf(profile, samples, from, 0)
  const fromMs = way.fromMs ?? plateau.fromMs
  const rate = amount / stepMs(profile, fromMs, toMs)
  if (isBeyondRated(profile, rate)) return true
  const after = paceAfter(profile, samples, way.next)
  const isRead = way.next + 1 < samples.atMs.length
  const times = isRead ? PEAK_TIMES : LAST_TIMES
  if (!isMore(rate, times * after)) return false
  if (plateau.isFallen && after > 0 && isMore(rate, FALLEN_TIMES * after)) return true
  const sinceMs = (samples.atMs[from] as number) - historyMs(profile)
  const history = paceBefore(profile, samples, { from, sinceMs, least: rate / times })
  if (history.steps >= HISTORY_STEPS_MIN) return history.rising >= PEAKS && history.peaks < PEAKS
  const isFirst = opens && from === 0 && way.next + AFTER_STEPS < samples.atMs.length
  return isFirst && after > 0 && isMore(rate, FIRST_TIMES * after)
}

/**
 * True when the step from a row to the next is within the pace whatever was read before row `since`: it stands out
 * neither against the steps after it nor against three steps before.
 */
export function isSurelyCalm(profile: MeterProfile, samples: Samples, row: number, since: number): boolean {
  const { atMs, value } = samples
  const amount = (value[row + 1] as number) - (value[row] as number)
  const stepMax = smallStep(profile)
  const [v, w] = [value[row] as number, value[row + 1] as number]
  if (!rises(v, w, stepMax)) return !falls(v, w, stepMax)
  const toMs = atMs[row + 1] as number
  const isRated = profile.ratedMaxPerHour !== undefined
  if (isRated && isBeyondRated(profile, amount / stepMs(profile, atMs[row] as number, toMs))) return false
  if (row + 2 < value.length && !standsOut(amount, (value[row + 2] as number) - (value[row + 1] as number))) return true
  const plateau = plateauOf(profile, samples, row, since)
  if (plateau.isFallen || plateau.isCut) return false
  const rate = amount / stepMs(profile, atMs[row] as number, toMs)
  if (!isMore(rate, PEAK_TIMES * paceAfter(profile, samples, row + 1))) return true
  const sinceMs = (atMs[row] as number) - historyMs(profile)
  return paceBefore(profile, samples, { from: row, sinceMs, least: rate / PEAK_TIMES, since }).peaks >= PEAKS
}

/** True when a rise is so much larger than the next that its history is worth looking at. */
export const standsOut = (amount: number, next: number): boolean => isMore(amount, STANDS_OUT_TIMES * Math.max(0, next))

/** True when enough steps lie before a row to say what the register usually does. */
export function hasHistory(profile: MeterProfile, samples: Samples, row: number): boolean {
  const sinceMs = (samples.atMs[row] as number) - historyMs(profile)
  const { steps, peaks } = paceBefore(profile, samples, { from: row, sinceMs, least: 0 })
  return steps >= HISTORY_STEPS_MIN && peaks >= PEAKS
}

/** Rates here are register units per millisecond. */
const isBeyondRated = ({ ratedMaxPerHour, multiplier, factor }: MeterProfile, rate: number): boolean =>
  ratedMaxPerHour !== undefined && rate * HOUR_MS * multiplier * factor > RATED_TIMES * ratedMaxPerHour

/** True when a register that runs both ways cannot have gone so far, up or down, by its rated maximum. */
export function isBeyondRatedWay(profile: MeterProfile, from: Reading, to: Reading): boolean {
  const way = Math.abs(to.value - from.value)
  return rises(0, way, smallStep(profile)) && isBeyondRated(profile, way / stepMs(profile, from.atMs, to.atMs))
}
interface Reading {
  atMs: number
  value: number
}

const stepMs = ({ intervalMinutes }: MeterProfile, fromMs: number, toMs: number): number =>
  Math.max(toMs - fromMs, Math.min(intervalMinutes, STEP_MINUTES_MIN) * MINUTE_MS)

/**
 * Since when the register stands at the value of a row: a stale value that is caught up is no jump. A value to which
 * the register fell is not stale. `isCut`: the plateau may begin before row `since`.
 */
function plateauOf(
  profile: MeterProfile,
  { atMs, value }: Samples,
  row: number,
  since: number,
): { fromMs: number; isFallen: boolean; isCut: boolean } {
  const sinceMs = (atMs[row] as number) - historyMs(profile)
  let first = row
  while (first > since && value[first - 1] === value[row] && (atMs[first - 1] as number) >= sinceMs) first--
  const isOld = first > since && (atMs[first - 1] as number) < sinceMs
  const isFallen =
    first > since && !isOld && falls(value[first - 1] as number, value[row] as number, smallStep(profile))
  return { fromMs: atMs[isFallen ? row : first] as number, isFallen, isCut: first === since }
}

/** The largest pace of the AFTER_STEPS steps from row `next` on; 0 where none rises. */
function paceAfter(profile: MeterProfile, samples: Samples, next: number): number {
  const { atMs, value } = samples
  const end = Math.min(next + AFTER_STEPS, value.length - 1)
  let most = 0
  for (let row = next + 1; row <= end; row++) {
    const rise = (value[row] as number) - (value[row - 1] as number)
    const pace = rise / stepMs(profile, atMs[row - 1] as number, atMs[row] as number)
    if (pace <= most || isDropoutEdge(profile, samples, row, { first: next, from: end, sinceMs: atMs[next] as number }))
      continue
    most = pace
  }
  return most
}

/**
 * Counts the steps before a row, the rising ones, and those of at least a pace; stops at the PEAKS-th of these. With
 * `since`, only what is certain without the rows before it.
 */
function paceBefore(
  profile: MeterProfile,
  samples: Samples,
  { from, sinceMs, least, since }: { from: number; sinceMs: number; least: number; since?: number },
): { steps: number; rising: number; peaks: number } {
  const { atMs, value } = samples
  const found = { steps: 0, rising: 0, peaks: 0 }
  for (let row = from; row > (since ?? 0) && (atMs[row - 1] as number) >= sinceMs; row--) {
    found.steps++
    const rise = (value[row] as number) - (value[row - 1] as number)
    if (!(rise > 0)) continue
    if (isDropoutEdge(profile, samples, row, { first: since, from, sinceMs, isCut: since !== undefined })) continue
    found.rising++
    if (isMore(least * stepMs(profile, atMs[row - 1] as number, atMs[row] as number), rise)) continue
    found.peaks++
    if (found.peaks >= PEAKS && found.steps >= HISTORY_STEPS_MIN) break
  }
  return found
}

/**
 * True for the rise to `row` out of a dropout or into one: a fall of about its size lies before or after it, and equal
 * values between. It looks at rows `first` to `from`; `isCut`: an edge may lie before them.
 */
function isDropoutEdge(
  profile: MeterProfile,
  { atMs, value }: Samples,
  row: number,
  { first = 0, from, sinceMs, isCut }: { first?: number; from: number; sinceMs: number; isCut?: boolean },
): boolean {
  const stepMax = smallStep(profile)
  if (!rises(value[row - 1] as number, value[row] as number, stepMax)) return false
  const rise = (value[row] as number) - (value[row - 1] as number)
  let before = row - 1
  const least = Math.max(first, before - FLAT_READINGS_MAX)
  while (before > least && value[before - 1] === value[row - 1]) before--
  if (isCut && before <= first) return true
  const isLike = (v: number, w: number): boolean =>
    falls(v, w, stepMax) && !isMore(rise, EDGE_TIMES * (v - w)) && !isMore(v - w, EDGE_TIMES * rise)
  if (
    before > first &&
    (atMs[before - 1] as number) >= sinceMs &&
    isLike(value[before - 1] as number, value[before] as number)
  )
    return true
  let after = row
  const most = Math.min(from, after + FLAT_READINGS_MAX)
  while (after < most && value[after + 1] === value[row]) after++
  return after < from && isLike(value[after] as number, value[after + 1] as number)
}
