// Settles cumulative registers by the rules of docs/rules/settling.md, in one pass over the columns with one write per
// hour. A reading that neither ends an hour nor adjoins a fall costs two comparisons.

import { HOUR_MS, hourStart } from '../calendar.ts'
import {
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
import { undoneIds } from './review.ts'
import type { HourSeries, MeterProfile, RegisterEvent, Samples, SettleWindow } from './series.ts'

/** The small step J (docs/rules/settling.md#small-step) is this many times the resolution. */
const SMALL_STEP_RESOLUTIONS = 100
/** Decimal readings are stored as the nearest double: relative to both, a difference is off by at most this. */
const ROUNDING = 2 ** -52

/** J of docs/rules/settling.md#small-step, in register units. */
export const smallStep = (profile: MeterProfile): number => SMALL_STEP_RESOLUTIONS * profile.resolution

/** True when w is below v by more than J. A fall of exactly J in decimals is none, despite the rounding of doubles. */
export const falls = (v: number, w: number, stepMax: number): boolean =>
  v - w > stepMax + (Math.abs(v) + Math.abs(w) + stepMax) * 2 * ROUNDING

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
  const replacements = replacementsAmong(profile.replacements, good.atMs, end.atMs, edge)
  const endMs = Math.max(end.atMs, replacements.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)

  let from = first
  const [opening] = replacements
  if (opening !== undefined && opening.atMs <= good.atMs) {
    good = { atMs: opening.atMs, value: opening.finalValue }
  } else from++

  const tally = openTally(profile, good, openHours(good.atMs, endMs, window), window)
  for (const replacement of replacements) {
    const to = indexFrom(atMs, replacement.atMs, from, last + 1)
    takeReadings(tally, samples, { from, to }, good, replacement)
    changeRegister(tally, replacement)
    from = to <= last && atMs[to] === replacement.atMs ? to + 1 : to
    good = { atMs: replacement.atMs, value: replacement.startValue }
  }
  takeReadings(tally, samples, { from, to: last + 1 }, good)
  if (from <= last) good = end
  closeTally(tally, good)
  const { hours, events } = tally
  return { firstHourMs: hours.firstHourMs, amounts: hours.amounts, flags: hours.flags, events }
}

interface Reading {
  atMs: number
  value: number
}

// Precondition: the row lies within the samples, so its elements exist.
const readingAt = ({ atMs, value }: Samples, row: number): Reading => ({
  atMs: atMs[row] as number,
  value: value[row] as number,
})

/** Amount of the hour being filled: `carried` plus the register's way from `base` to its value at the hour's end. */
interface Tally {
  hours: Hours
  hourMs: number
  carried: number
  base: number
  readonly events: RegisterEvent[]
  readonly eventsFromMs: number
  readonly eventsToMs: number
  readonly stepMax: number
  readonly stepsPerUnit: number
  rolloverAt: number
  readonly digitsFrom: MeterProfile['digitsFrom']
  readonly scale: number
  readonly undone: ReadonlySet<string>
}

function openTally(profile: MeterProfile, first: Reading, hours: Hours, window?: SettleWindow): Tally {
  const hourMs = hourStart(first.atMs)
  if (!Number.isFinite(first.value)) throw new RangeError('samples: the first value is not a number')
  if (first.atMs > hourMs) flagHours(hours, { fromMs: hourMs, toMs: first.atMs }, PARTIAL)
  const inverse = 1 / profile.resolution
  return {
    hours,
    hourMs,
    carried: 0,
    base: first.value,
    events: [],
    eventsFromMs: window?.fromMs ?? Number.NEGATIVE_INFINITY,
    eventsToMs: window?.toMs ?? Number.POSITIVE_INFINITY,
    stepMax: smallStep(profile),
    stepsPerUnit: profile.resolution < 1 ? Math.round(inverse) : inverse,
    rolloverAt: rolloverOf(profile.digits),
    digitsFrom: profile.digitsFrom,
    scale: profile.multiplier * profile.factor,
    undone: undoneIds(profile.overrides),
  }
}

/** Takes the samples of one register after its first reading; `end` is its final reading, when it was replaced. */
function takeReadings(
  tally: Tally,
  samples: Samples,
  range: { from: number; to: number },
  first: Reading,
  end?: Replacement,
): void {
  const { atMs, value } = samples
  const { from, to } = range
  // The last reading of a register is always kept: as its own successor it cannot be a spike.
  const closing = end ? end.finalValue : (value[to - 1] as number)
  let goodMs = first.atMs
  let good = first.value
  let hourEndMs = tally.hourMs + HOUR_MS
  for (let i = from; i < to; i++) {
    const readMs = atMs[i] as number // from ≤ i < to ≤ length
    const read = value[i] as number
    const next = i + 1 < to ? (value[i + 1] as number) : closing
    if (!(readMs > goodMs)) throw new RangeError(`samples: row ${i} does not come after the row before it`)
    if (read >= good && next >= read) {
      if (readMs >= hourEndMs) {
        crossHours(tally, goodMs, good, readMs, read, 0)
        hourEndMs = tally.hourMs + HOUR_MS
      }
    } else if (isSpike(good, read, next, tally.stepMax) && !isUndone(tally, 'spike', readMs)) {
      takeSpike(tally, { kind: 'spike', atMs: readMs, value: read, before: good, after: next })
      continue
    } else {
      takeStep(tally, goodMs, good, readMs, read)
      hourEndMs = tally.hourMs + HOUR_MS
    }
    goodMs = readMs
    good = read
  }
  if (end && end.atMs > goodMs) takeStep(tally, goodMs, good, end.atMs, end.finalValue)
}

/** True when `read` leaves `good` up or down and `next` returns at once (docs/rules/settling.md#spike). */
const isSpike = (good: number, read: number, next: number, stepMax: number): boolean =>
  !falls(good, next, stepMax) && (falls(read, next, stepMax) || falls(good, read, stepMax))

function takeSpike(tally: Tally, spike: RegisterEvent): void {
  const { atMs } = spike
  // A spike on the boundary flags both hours: half a millisecond on each side reaches the neighbour and no further.
  flagHours(tally.hours, { fromMs: atMs - 0.5, toMs: atMs + 0.5 }, SUSPECT)
  report(tally, spike)
}

const isUndone = ({ undone }: Tally, kind: RegisterEvent['kind'], atMs: number): boolean =>
  undone.size > 0 && undone.has(`${kind}:${atMs}`)

/**
 * Takes any step between two good readings: rising, slightly falling, rollover or reset
 * (docs/rules/settling.md#falling-step), or as a review overrides it.
 */
function takeStep(tally: Tally, fromMs: number, v: number, toMs: number, w: number): void {
  if (w < v) {
    if (tally.digitsFrom)
      tally.rolloverAt = rolloverOf(tally.digitsFrom.findLast(({ fromMs: sinceMs }) => sinceMs <= fromMs)?.digits)
    const isFall = falls(v, w, tally.stepMax)
    if (isFall && rollsOver(v, w, tally.rolloverAt) && !isUndone(tally, 'rollover', fromMs)) {
      crossRollover(tally, fromMs, v, toMs, w)
      return
    }
    if (isFall || isUndone(tally, 'negativeStep', fromMs)) {
      if (!isUndone(tally, 'reset', fromMs)) {
        crossReset(tally, fromMs, v, toMs, w)
        return
      }
    } else {
      const amount = wayFrom(tally, v, w, 0) * tally.scale
      report(tally, { kind: 'negativeStep', atMs: fromMs, untilMs: toMs, before: v, after: w, amount })
    }
  } else if (!(w >= v)) throw new RangeError('samples: a value is not a number')
  if (toMs >= tally.hourMs + HOUR_MS) crossHours(tally, fromMs, v, toMs, w, 0)
}

/**
 * True for a step from the last tenth of the register to its first (docs/rules/settling.md#rollover). `rolloverAt` is 0
 * when the digits are unknown.
 */
const rollsOver = (v: number, w: number, rolloverAt: number): boolean =>
  rolloverAt > 0 && v >= (rolloverAt / 10) * 9 && w <= rolloverAt / 10

const rolloverOf = (digits: number | undefined): number => (digits === undefined ? 0 : 10 ** digits)

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

/** A reset step adds nothing, and an hour entirely inside it is null (docs/rules/settling.md#reset). */
function crossReset(tally: Tally, fromMs: number, v: number, toMs: number, w: number): void {
  report(tally, { kind: 'reset', atMs: fromMs, untilMs: toMs, before: v, after: w })
  flagHours(tally.hours, { fromMs, toMs }, RESET)
  tally.carried += wayFrom(tally, tally.base, v, 0)
  tally.base = w
  for (; toMs >= tally.hourMs + HOUR_MS; tally.hourMs += HOUR_MS) {
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
