// Settles cumulative registers by the rules of docs/rules/settling.md, in one pass over the columns with one write per
// hour. A reading that neither ends an hour nor adjoins a fall costs two comparisons.

import { DAY_MS, HOUR_MS, hourStart } from '../calendar.ts'
import {
  DOUBTFUL,
  ESTIMATED,
  flagHours,
  type Hours,
  indexFrom,
  MEASURED_STEP_MS_MAX,
  openHours,
  PARTIAL,
  RESET,
  SUSPECT,
} from '../hours.ts'
import type { Replacement } from '../registry/records.ts'
import { netReturnRow } from './bidirectional.ts'
import { returnRow } from './dropout.ts'
import { exceedsPace, falls, ROUNDING, smallStep, standsOut } from './pace.ts'
import { judgeReplacements, replacementsAmong } from './replacement.ts'
import { acceptedIds, undoneIds } from './review.ts'
import { type Doubt, scaledFrom, withScale } from './scale.ts'
import type { HourSeries, MeterProfile, RegisterEvent, Samples, SettleWindow } from './series.ts'

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

/** `row`: its row in the samples; -1 for a value of a replacement. */
interface Reading {
  atMs: number
  value: number
  row: number
}

// Precondition: the row lies within the samples, so its elements exist.
const readingAt = ({ atMs, value }: Samples, row: number): Reading => ({
  atMs: atMs[row] as number,
  value: value[row] as number,
  row,
})

/** Amount of the hour being filled: `carried` plus the register's way from `base` to its value at the hour's end. */
interface Tally {
  readonly profile: MeterProfile
  /** The first sample used is the meter's first of all. */
  readonly opens: boolean
  hours: Hours
  hourMs: number
  carried: number
  base: number
  readonly events: RegisterEvent[]
  readonly eventsFromMs: number
  readonly eventsToMs: number
  readonly stepMax: number
  readonly stepsPerUnit: number
  readonly rolloverAt: number
  readonly scale: number
  readonly undone: ReadonlySet<string>
  readonly accepted: ReadonlySet<string>
  endsInDoubt?: true
}

function openTally(
  profile: MeterProfile,
  first: Reading,
  hours: Hours,
  { window, opens }: { window?: SettleWindow; opens: boolean },
): Tally {
  const hourMs = hourStart(first.atMs)
  if (!Number.isFinite(first.value)) throw new RangeError('samples: the first value is not a number')
  if (first.atMs > hourMs) flagHours(hours, { fromMs: hourMs, toMs: first.atMs }, PARTIAL)
  const inverse = 1 / profile.resolution
  return {
    profile,
    opens,
    hours,
    hourMs,
    carried: 0,
    base: first.value,
    events: [],
    eventsFromMs: window?.fromMs ?? Number.NEGATIVE_INFINITY,
    eventsToMs: window?.toMs ?? Number.POSITIVE_INFINITY,
    // A register that runs both ways has no falls: each step counts with its sign.
    stepMax: profile.direction === 'bidirectional' ? Number.POSITIVE_INFINITY : smallStep(profile),
    stepsPerUnit: profile.resolution < 1 ? Math.round(inverse) : inverse,
    rolloverAt: profile.digits === undefined ? 0 : 10 ** profile.digits,
    scale: profile.multiplier * profile.factor,
    undone: undoneIds(profile.overrides),
    accepted: acceptedIds(profile.overrides),
  }
}

/**
 * Takes the samples of one register after its first reading; `end` is its final reading, when it was replaced. Returns
 * its last good reading.
 */
function takeReadings(
  tally: Tally,
  samples: Samples,
  range: { from: number; to: number },
  first: Reading,
  end?: Replacement,
): Reading {
  const { atMs } = samples
  const { from, to } = range
  let { value } = samples
  const doubtMin = smallStep(tally.profile)
  // The last reading of a register is always kept: as its own successor it cannot be a spike. That of a window has one.
  const closing = end ? end.finalValue : (value[Math.min(to, value.length - 1)] as number)
  let goodMs = first.atMs
  let good = first.value
  let goodRow = first.row
  let hourEndMs = tally.hourMs + HOUR_MS
  // Steps up to this row belong to a dropout that was undone, or to a scale that was accepted: they count as read.
  let asReadTo = -1
  for (let i = from; i < to; i++) {
    const readMs = atMs[i] as number // from ≤ i < to ≤ length
    const read = value[i] as number
    const next = i + 1 < to ? (value[i + 1] as number) : closing
    if (!(readMs > goodMs)) throw new RangeError(`samples: row ${i} does not come after the row before it`)
    const rise = read - good
    if (rise >= 0 && next >= read && (rise <= doubtMin || !standsOut(rise, next - read)) && readMs - goodMs <= STEP_MS_MAX) {
      if (readMs >= hourEndMs) {
        crossHours(tally, goodMs, good, readMs, read, 0)
        hourEndMs = tally.hourMs + HOUR_MS
      }
    } else {
      const doubt: Doubt = { row: i, to, closing, good, goodRow }
      const back = returnRowOf(tally, value, doubt)
      const isDropout = back > i && !isUndone(tally, back > i + 1 ? 'dropout' : 'spike', readMs)
      if (isDropout) {
        takeDropout(tally, { atMs, value }, doubt, back)
        i = back - 1
        continue
      }
      if (back > i) asReadTo = Math.max(asReadTo, back)
      const taken = i > asReadTo ? takeDoubt(tally, { atMs, value }, doubt, { goodMs, end }) : undefined
      if (taken) {
        if (taken.value) {
          value = taken.value
          asReadTo = taken.row
          i--
          continue
        }
        if (taken.good) ({ atMs: goodMs, value: good, row: goodRow } = taken.good)
        i = taken.row
        hourEndMs = tally.hourMs + HOUR_MS
        continue
      }
      takeStep(tally, { atMs, value }, { atMs: goodMs, value: good, row: goodRow }, { atMs: readMs, value: read, row: i })
      hourEndMs = tally.hourMs + HOUR_MS
    }
    goodMs = readMs
    good = read
    goodRow = i
  }
  if (end && end.atMs > goodMs) {
    takeStep(tally, samples, { atMs: goodMs, value: good, row: -1 }, { atMs: end.atMs, value: end.finalValue, row: -1 })
  }
  return { atMs: goodMs, value: good, row: goodRow }
}
const returnRowOf = ({ profile, stepMax }: Tally, value: Float64Array, doubt: Doubt): number =>
  profile.direction === 'bidirectional'
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
 * Takes a rise beyond the pace of the register; undefined when it is within, or counts as read. Returns the last row
 * that was taken and the good reading after it (absent: as before), or the values with an accepted scale undone.
 */
function takeDoubt(
  tally: Tally,
  samples: Samples,
  doubt: Doubt,
  { goodMs, end }: { goodMs: number; end: Replacement | undefined },
): { row: number; good?: Reading; value?: Float64Array } | undefined {
  const { atMs, value } = samples
  const { row, good, goodRow, to } = doubt
  const { profile, opens } = tally
  const toMs = atMs[row] as number
  const read = value[row] as number
  if (goodRow < 0 || isUndone(tally, 'jump', goodMs) || isUndone(tally, 'scaleJump', goodMs)) return undefined
  if (tally.stepMax === Number.POSITIVE_INFINITY) return undefined
  if (!exceedsPace(profile, samples, { from: goodRow, toMs, next: row, amount: read - good }, opens)) return undefined
  const scaled = scaledFrom(profile, samples, doubt, opens)
  const span = { atMs: goodMs, before: good, after: read }
  if (!scaled) {
    report(tally, { kind: 'jump', ...span, untilMs: toMs, proposed: 'exchange' })
    crossUnknown(tally, { atMs: goodMs, value: good, row: goodRow }, { atMs: toMs, value: read, row }, DOUBTFUL)
    return { row, good: { atMs: toMs, value: read, row } }
  }
  const { factor, endRow, returns } = scaled
  const last: Reading =
    endRow < to
      ? readingAt(samples, endRow)
      : end
        ? { atMs: end.atMs, value: end.finalValue, row: -1 }
        : readingAt(samples, to - 1)
  const proposed = returns ? 'dropped' : 'scaled'
  report(tally, { kind: 'scaleJump', ...span, untilMs: last.atMs, factor, proposed })
  if (endRow === to && !end) tally.endsInDoubt = true
  if (tally.accepted.has(`scaleJump:${goodMs}`)) return { row: endRow - 1, value: withScale(value, row, scaled) }
  if (returns) {
    flagHours(tally.hours, { fromMs: toMs - 0.5, toMs: (atMs[endRow - 1] as number) + 0.5 }, SUSPECT)
    return { row: endRow - 1 }
  }
  crossUnknown(tally, { atMs: goodMs, value: good, row: goodRow }, last, DOUBTFUL)
  return { row: Math.min(endRow, to - 1), good: last }
}

/**
 * Takes any other step between two good readings: rising, slightly falling, rollover or reset
 * (docs/rules/settling.md#falling-step), or as a review overrides it.
 */
function takeStep(tally: Tally, samples: Samples, from: Reading, to: Reading): void {
  const { atMs: fromMs, value: v } = from
  const { atMs: toMs, value: w } = to
  if (isLongGap(tally, from, to)) return
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
    } else if (tally.profile.direction !== 'bidirectional') {
      const amount = wayFrom(tally, v, w, 0) * tally.scale
      report(tally, { kind: 'negativeStep', atMs: fromMs, untilMs: toMs, before: v, after: w, amount })
    }
  } else if (!(w >= v)) throw new RangeError('samples: a value is not a number')
  if (toMs >= tally.hourMs + HOUR_MS) crossHours(tally, fromMs, v, toMs, w, 0)
}

/** Takes a step of more than a year, whose hours nobody can know (docs/rules/settling.md#long-gap). */
function isLongGap(tally: Tally, from: Reading, to: Reading): boolean {
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
function rollsOver({ rolloverAt, profile, opens }: Tally, samples: Samples, from: Reading, to: Reading): boolean {
  if (!(rolloverAt > 0 && from.value >= (rolloverAt / 10) * 9 && to.value <= rolloverAt / 10)) return false
  if (from.row < 0 || to.row < 0) return true
  const amount = to.value + rolloverAt - from.value
  return !exceedsPace(profile, samples, { from: from.row, toMs: to.atMs, next: to.row, amount }, opens)
}

function crossRollover(tally: Tally, fromMs: number, v: number, toMs: number, w: number): void {
  const added = tally.rolloverAt
  const way = wayFrom(tally, v, w, added)
  const amount = way * tally.scale
  report(tally, { kind: 'rollover', atMs: fromMs, untilMs: toMs, before: v, after: w, amount })
  if (toMs >= tally.hourMs + HOUR_MS) crossHours(tally, fromMs, v, toMs, w, added)
  else {
    tally.carried += wayFrom(tally, tally.base, v, 0) + way
    tally.base = w
  }
}

/** A step of unknown amount adds nothing, and an hour entirely inside it is null (docs/rules/settling.md#reset). */
function crossUnknown(tally: Tally, { atMs: fromMs, value: v }: Reading, to: Reading, flag: number): void {
  flagHours(tally.hours, { fromMs, toMs: to.atMs }, flag)
  tally.carried += wayFrom(tally, tally.base, v, 0)
  tally.base = to.value
  for (; to.atMs >= tally.hourMs + HOUR_MS; tally.hourMs += HOUR_MS) {
    put(tally, fromMs <= tally.hourMs ? Number.NaN : tally.carried)
    tally.carried = 0
  }
}

/**
 * Takes a step that ends the hour being filled, and perhaps more hours. Each hour gets the step's amount in proportion
 * to time: equal to interpolating the register at the boundaries, but independent of the register's magnitude.
 */
function crossHours(tally: Tally, fromMs: number, v: number, toMs: number, w: number, added: number): void {
  const stepMs = toMs - fromMs
  if (stepMs > MEASURED_STEP_MS_MAX) flagHours(tally.hours, { fromMs, toMs }, ESTIMATED)
  const hourEndMs = tally.hourMs + HOUR_MS
  if (toMs === hourEndMs && added === 0) {
    put(tally, tally.carried + wayFrom(tally, tally.base, w, 0))
    tally.hourMs = hourEndMs
    tally.carried = 0
    tally.base = w
    return
  }
  const amount = wayFrom(tally, v, w, added)
  put(tally, tally.carried + (wayFrom(tally, tally.base, v, 0) + amount * ((hourEndMs - fromMs) / stepMs)))
  tally.hourMs = hourEndMs
  const share = amount * (HOUR_MS / stepMs)
  for (; toMs >= tally.hourMs + HOUR_MS; tally.hourMs += HOUR_MS) put(tally, share)
  tally.carried = amount * ((toMs - tally.hourMs) / stepMs)
  tally.base = w
}

/**
 * Ends the old register at its final value and starts the new one, without a difference between them
 * (docs/rules/settling.md#replacement).
 */
function changeRegister(tally: Tally, replacement: Replacement): void {
  tally.carried += wayFrom(tally, tally.base, replacement.finalValue, 0)
  tally.base = replacement.startValue
  report(tally, { kind: 'replacement', ...replacement })
}

function closeTally(tally: Tally, last: Reading): void {
  if (last.atMs === tally.hourMs) return
  put(tally, tally.carried + wayFrom(tally, tally.base, last.value, 0))
  flagHours(tally.hours, { fromMs: last.atMs, toMs: tally.hourMs + HOUR_MS }, PARTIAL)
}

/**
 * The register's way from v to w (+ `added` for a rollover), in register units. Readings in whole steps of the
 * resolution differ by whole steps: the difference is then exact, without the rounding of doubles.
 */
function wayFrom(tally: Tally, v: number, w: number, added: number): number {
  const way = added - v + w
  const whole = Math.round(way * tally.stepsPerUnit) / tally.stepsPerUnit
  return Math.abs(whole - way) <= (Math.abs(v) + Math.abs(w) + added) * ROUNDING ? whole : way
}

/** Writes the hour being filled, if it lies in the window. */
function put(tally: Tally, registerAmount: number): void {
  const { amounts, firstHourMs } = tally.hours
  const hour = (tally.hourMs - firstHourMs) / HOUR_MS
  if (hour >= 0 && hour < amounts.length) amounts[hour] = registerAmount * tally.scale
}

/** Inserts an event by its time: a step is reported when it ends, after the spikes inside it. */
function report(tally: Tally, event: RegisterEvent): void {
  if (!(event.atMs >= tally.eventsFromMs && event.atMs < tally.eventsToMs)) return
  const { events } = tally
  const place = events.findLastIndex(({ atMs }) => atMs <= event.atMs) + 1
  if (place === events.length) events.push(event)
  else events.splice(place, 0, event)
}
