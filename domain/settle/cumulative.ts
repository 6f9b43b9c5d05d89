// Settles cumulative registers by the rules of docs/rules/settling.md, in one pass over the columns with one write per
// hour. A reading that neither ends an hour nor adjoins a fall costs two comparisons.

import { DAY_MS, HOUR_MS } from '../calendar.ts'
import { DOUBTFUL, flagHours, indexFrom, openHours, RESET, SUSPECT } from '../hours.ts'
import type { Replacement } from '../registry/records.ts'
import { netReturnRow } from './bidirectional.ts'
import { returnRow } from './dropout.ts'
import { exceedsPace, falls, isBeyondRatedWay, smallStep, standsOut } from './pace.ts'
import { judgeReplacements, replacementsAmong } from './replacement.ts'
import { type Doubt, loweredFrom, type Scaled, scaledFrom, withScale } from './scale.ts'
import {
  type HourSeries,
  isNetAt,
  type MeterProfile,
  type RegisterEvent,
  type Samples,
  type SettleWindow,
} from './series.ts'
import {
  changeRegister,
  closeTally,
  crossHours,
  crossRollover,
  crossUnknown,
  enterRow,
  type GoodReading,
  openTally,
  report,
  type Tally,
  wayFrom,
} from './tally.ts'

/**
 * The longest step whose amount is spread over its hours: a year and a month, since every meter is read once a year
 * (docs/rules/settling.md#long-gap).
 */
export const STEP_MS_MAX = 400 * DAY_MS

/**
 * Settles samples first..last of a register to hours. A replacement before the first or after the last sample lengthens
 * the series (docs/rules/settling.md#replacement: it adds good readings); it takes precedence over a sample at the same
 * time, since it has the values of both registers.
 */
export function settleCumulative(
  profile: MeterProfile,
  samples: Samples,
  use: { first: number; last: number; window?: SettleWindow },
): HourSeries {
  const { atMs } = samples
  const { first, last, window } = use
  const edge = { opens: window?.opensSeries ?? true, closes: window?.closesSeries ?? true }
  let good = readingAt(samples, first)
  const end = readingAt(samples, last)
  const among = replacementsAmong(profile.replacements, good.atMs, end.atMs, edge)
  const { counted: replacements, conflicts } = judgeReplacements(profile, samples, among)
  const endMs = Math.max(end.atMs, replacements.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)

  let from = first
  const [opening] = replacements
  if (opening !== undefined && opening.atMs <= good.atMs) {
    good = { atMs: opening.atMs, value: opening.finalValue, row: -1 }
  } else from++

  const tally = openTally(profile, good, openHours(good.atMs, endMs, window), { window, opens: edge.opens })
  for (const conflict of conflicts) report(tally, conflict)
  for (const replacement of replacements) {
    const to = indexFrom(atMs, replacement.atMs, from, last + 1)
    takeReadings(tally, samples, { from, to }, good, replacement)
    changeRegister(tally, replacement)
    from = to <= last && atMs[to] === replacement.atMs ? to + 1 : to
    good = { atMs: replacement.atMs, value: replacement.startValue, row: -1 }
  }
  const left = takeReadings(tally, samples, { from, to: last + 1 }, good)
  closeTally(tally, left)
  const { hours, events, endsInDoubt } = tally
  const series = { firstHourMs: hours.firstHourMs, amounts: hours.amounts, flags: hours.flags, events }
  return endsInDoubt ? { ...series, endsInDoubt } : series
}

// Precondition: the row lies within the samples, so its elements exist.
const readingAt = ({ atMs, value }: Samples, row: number): GoodReading => ({
  atMs: atMs[row] as number,
  value: value[row] as number,
  row,
})

/**
 * Takes the samples of one register after its first reading; `end` is its final reading, when it was replaced. Returns
 * its last good reading.
 */
function takeReadings(
  tally: Tally,
  samples: Samples,
  { from, to }: { from: number; to: number },
  first: GoodReading,
  end?: Replacement,
): GoodReading {
  const { atMs } = samples
  const doubtMin = smallStep(tally.profile)
  // The last reading of a register is always kept: as its own successor it cannot be a spike. That of a window has one.
  const closing = end ? end.finalValue : (samples.value[Math.min(to, atMs.length - 1)] as number)
  const walk: Walk = { atMs, value: samples.value, to, closing, end, good: first, asReadTo: -1 }
  let { atMs: goodMs, value: good, row: goodRow } = first
  let hourEndMs = tally.hourMs + HOUR_MS
  for (let i = from; i < to; i++) {
    const readMs = atMs[i] as number // from ≤ i < to ≤ length
    const read = walk.value[i] as number
    const next = i + 1 < to ? (walk.value[i + 1] as number) : closing
    if (!(readMs > goodMs)) throw new RangeError(`samples: row ${i} does not come after the row before it`)
    const rise = read - good
    const isPlain = rise >= 0 && next >= read && (rise <= doubtMin || !standsOut(rise, next - read))
    if (isPlain && readMs - goodMs <= STEP_MS_MAX) {
      if (readMs >= hourEndMs) {
        crossHours(tally, goodMs, good, readMs, read, 0)
        hourEndMs = tally.hourMs + HOUR_MS
      }
      goodMs = readMs
      good = read
      goodRow = i
    } else {
      walk.good = { atMs: goodMs, value: good, row: goodRow }
      i = takeOther(tally, walk, i)
      ;({ atMs: goodMs, value: good, row: goodRow } = walk.good)
      hourEndMs = tally.hourMs + HOUR_MS
    }
  }
  const last = { atMs: goodMs, value: good, row: goodRow }
  if (end && end.atMs > goodMs) takeStep(tally, walk, last, finalReading(end))
  return last
}

/** The state of a walk over the readings of one register, up to row `to`. */
interface Walk extends Samples {
  readonly to: number
  /** The value after the last row. */
  readonly closing: number
  readonly end: Replacement | undefined
  good: GoodReading
  /** Steps up to this row belong to a dropout that was undone, or to a scale that was accepted: they count as read. */
  asReadTo: number
}

/** Takes a reading that does not simply rise; returns the last row that was taken with it. */
function takeOther(tally: Tally, walk: Walk, row: number): number {
  const { atMs, to, closing, good } = walk
  const doubt: Doubt = { row, to, closing, good: good.value, goodRow: good.row }
  enterRow(tally, good.atMs)
  const back = returnRowOf(tally, walk, doubt)
  if (back > row && !isUndone(tally, back > row + 1 ? 'dropout' : 'spike', atMs[row] as number)) {
    takeDropout(tally, walk, doubt, back)
    return back - 1
  }
  if (back > row) walk.asReadTo = Math.max(walk.asReadTo, back)
  const taken = row > walk.asReadTo ? takeDoubt(tally, walk, doubt) : undefined
  if (taken !== undefined) return taken
  const read = readingAt(walk, row)
  takeStep(tally, walk, good, read)
  walk.good = read
  return row
}

const finalReading = ({ atMs, finalValue }: Replacement): GoodReading => ({ atMs, value: finalValue, row: -1 })

const returnRowOf = ({ profile, stepMax }: Tally, { value, good }: Walk, doubt: Doubt): number =>
  isNetAt(profile, good.atMs)
    ? netReturnRow(value, { ...doubt, stepMax: smallStep(profile) })
    : returnRow(value, { ...doubt, stepMax })

function takeDropout(tally: Tally, { atMs, value }: Samples, { row, good, to, closing }: Doubt, back: number): void {
  const [firstMs, lastMs] = [atMs[row] as number, atMs[back - 1] as number]
  // A reading on the boundary flags both hours: half a millisecond on each side reaches the neighbour and no further.
  flagHours(tally.hours, { fromMs: firstMs - 0.5, toMs: lastMs + 0.5 }, SUSPECT)
  const after = back < to ? (value[back] as number) : closing
  const left = { value: value[row] as number, before: good, after }
  const readings = back - row
  if (readings === 1) report(tally, { kind: 'spike', atMs: firstMs, ...left })
  else report(tally, { kind: 'dropout', atMs: firstMs, untilMs: lastMs, ...left, readings, proposed: 'dropped' })
}

const isUndone = ({ undone }: Tally, kind: RegisterEvent['kind'], atMs: number): boolean =>
  undone.size > 0 && undone.has(`${kind}:${atMs}`)

/**
 * Takes a rise beyond the pace of the register, a fall into a lower scale, or a way that a register of both directions
 * cannot go, and returns the last row that was taken; undefined when it is none of these, or counts as read.
 */
function takeDoubt(tally: Tally, walk: Walk, doubt: Doubt): number | undefined {
  const { profile, opens } = tally
  const { good } = walk
  const { row } = doubt
  const read = readingAt(walk, row)
  if (good.row < 0) return undefined
  if (isUndone(tally, 'jump', good.atMs) || isUndone(tally, 'scaleJump', good.atMs)) return undefined
  if (isNetAt(profile, good.atMs))
    return isBeyondRatedWay(profile, good, read) ? takeJump(tally, walk, read) : undefined
  if (falls(good.value, read.value, tally.stepMax)) {
    if (read.atMs - good.atMs > STEP_MS_MAX || rollsOver(tally, walk, good, read)) return undefined
    const lowered = loweredFrom(profile, walk, doubt, opens)
    return lowered && takeScale(tally, walk, row, lowered)
  }
  const way = { from: good.row, toMs: read.atMs, next: row, amount: read.value - good.value }
  if (!exceedsPace(profile, walk, way, opens)) return undefined
  const scaled = scaledFrom(profile, walk, doubt, opens)
  if (scaled) return takeScale(tally, walk, row, scaled)
  return takeJump(tally, walk, read)
}

/** Takes a reading to which nobody knows the way; returns its row. */
function takeJump(tally: Tally, walk: Walk, read: GoodReading): number {
  const { good } = walk
  const span = { atMs: good.atMs, untilMs: read.atMs, before: good.value, after: read.value }
  report(tally, { kind: 'jump', ...span, proposed: 'exchange' })
  crossUnknown(tally, good, read, DOUBTFUL)
  walk.good = read
  return read.row
}

/** Takes the readings of another scale: divided when accepted, left out when the register returns, else unknown. */
function takeScale(tally: Tally, walk: Walk, row: number, scaled: Scaled): number {
  const { good, to, end } = walk
  const { factor, endRow, returns } = scaled
  const read = readingAt(walk, row)
  const last = endRow < to || !end ? readingAt(walk, Math.min(endRow, to - 1)) : finalReading(end)
  const span = { atMs: good.atMs, untilMs: last.atMs, before: good.value, after: read.value }
  report(tally, { kind: 'scaleJump', ...span, factor, proposed: returns ? 'dropped' : 'scaled' })
  if (endRow === to && !end) tally.endsInDoubt = true
  if (tally.accepted.has(`scaleJump:${good.atMs}`)) {
    walk.value = withScale(walk.value, row, scaled)
    walk.asReadTo = endRow - 1
    return row - 1
  }
  if (returns) {
    const lastMs = walk.atMs[endRow - 1] as number
    flagHours(tally.hours, { fromMs: read.atMs - 0.5, toMs: lastMs + 0.5 }, SUSPECT)
    return endRow - 1
  }
  crossUnknown(tally, good, last, DOUBTFUL)
  walk.good = last
  return Math.min(endRow, to - 1)
}

/**
 * Takes any other step between two good readings: rising, slightly falling, rollover or reset
 * (docs/rules/settling.md#falling-step), or as a review overrides it.
 */
function takeStep(tally: Tally, samples: Samples, from: GoodReading, to: GoodReading): void {
  const { atMs: fromMs, value: v } = from
  const { atMs: toMs, value: w } = to
  if (isLongGap(tally, from, to)) return
  enterRow(tally, fromMs)
  if (w < v) {
    const isFall = falls(v, w, tally.stepMax)
    if (isFall && rollsOver(tally, samples, from, to) && !isUndone(tally, 'rollover', fromMs)) {
      crossRollover(tally, fromMs, v, toMs, w)
      return
    }
    if (isFall || isUndone(tally, 'negativeStep', fromMs)) {
      if (!isUndone(tally, 'reset', fromMs)) {
        report(tally, { kind: 'reset', atMs: fromMs, untilMs: toMs, before: v, after: w })
        crossUnknown(tally, from, to, RESET)
        return
      }
    } else if (!isNetAt(tally.profile, fromMs)) {
      const amount = wayFrom(tally, v, w, 0) * tally.scale
      report(tally, { kind: 'negativeStep', atMs: fromMs, untilMs: toMs, before: v, after: w, amount })
    }
  } else if (!(w >= v)) throw new RangeError('samples: a value is not a number')
  if (toMs >= tally.hourMs + HOUR_MS) crossHours(tally, fromMs, v, toMs, w, 0)
}

/** Takes a step of more than a year, whose hours nobody can know (docs/rules/settling.md#long-gap). */
function isLongGap(tally: Tally, from: GoodReading, to: GoodReading): boolean {
  if (to.atMs - from.atMs <= STEP_MS_MAX || isUndone(tally, 'longGap', from.atMs)) return false
  const span = { atMs: from.atMs, untilMs: to.atMs, before: from.value, after: to.value }
  report(tally, { kind: 'longGap', ...span, proposed: 'wrongClock' })
  crossUnknown(tally, from, to, DOUBTFUL)
  return true
}

/**
 * True for a step from the last tenth of the register to its first that fits the pace
 * (docs/rules/settling.md#rollover). `rolloverAt` is 0 when the digits are unknown.
 */
function rollsOver(
  { rolloverAt, profile, opens }: Tally,
  samples: Samples,
  from: GoodReading,
  to: GoodReading,
): boolean {
  if (!(rolloverAt > 0 && from.value >= (rolloverAt / 10) * 9 && to.value <= rolloverAt / 10)) return false
  if (from.row < 0 || to.row < 0) return true
  const amount = to.value + rolloverAt - from.value
  return !exceedsPace(profile, samples, { from: from.row, toMs: to.atMs, next: to.row, amount }, opens)
}
