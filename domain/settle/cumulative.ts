// Cumulative registers: the rules of docs/rules/settling.md in one pass over the columns, one write per hour. A reading
// that neither ends an hour nor stands by a fall costs two comparisons; all else is local to its hour.

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
/** Decimal readings are stored as the nearest double: a difference of two is off by at most this part of both. */
const ROUNDING = 2 ** -52

/** J of docs/rules/settling.md#small-step, in register units. */
export const smallStep = (profile: MeterProfile): number => SMALL_STEP_RESOLUTIONS * profile.resolution

/** Whether w lies below v by more than J. A fall of exactly J in decimals is none, whatever the doubles make of it. */
export const falls = (v: number, w: number, stepMax: number): boolean =>
  v - w > stepMax + (Math.abs(v) + Math.abs(w) + stepMax) * 2 * ROUNDING

/** The replacements that touch samples first..last: inside them, and beyond an end that is the end of the series. */
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
 * Samples first..last of a register → hours. A replacement before the first or after the last sample lengthens the
 * series (docs/rules/settling.md#replacement: it adds good readings); a sample at the very time of a replacement
 * gives way to it, which names both registers.
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

// Rows that the caller names lie within the samples: their elements are there.
const readingAt = ({ atMs, value }: Samples, row: number): Reading => ({
  atMs: atMs[row] as number,
  value: value[row] as number,
})

/** The hour being filled is `carried` plus the register's way from `base` to wherever it stands when the hour ends. */
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
  readonly rolloverAt: number
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
    rolloverAt: profile.digits === undefined ? 0 : 10 ** profile.digits,
    scale: profile.multiplier * profile.factor,
    undone: undoneIds(profile.overrides),
  }
}

/** Walks the samples of one register after its first reading; `end` is its final reading, when it was replaced. */
function takeReadings(
  tally: Tally,
  samples: Samples,
  range: { from: number; to: number },
  first: Reading,
  end?: Replacement,
): void {
  const { atMs, value } = samples
  const { from, to } = range
  // The last reading of a register is always kept; followed by its own value it can be no spike.
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

/** `read` goes away from `good` and comes back at once, up or down (docs/rules/settling.md#spike). */
const isSpike = (good: number, read: number, next: number, stepMax: number): boolean =>
  !falls(good, next, stepMax) && (falls(read, next, stepMax) || falls(good, read, stepMax))

function takeSpike(tally: Tally, spike: RegisterEvent): void {
  const { atMs } = spike
  // Both ends of an hour are part of it here: half a millisecond on either side reaches the neighbour, and no further.
  flagHours(tally.hours, { fromMs: atMs - 0.5, toMs: atMs + 0.5 }, SUSPECT)
  report(tally, spike)
}

const isUndone = ({ undone }: Tally, kind: RegisterEvent['kind'], atMs: number): boolean =>
  undone.size > 0 && undone.has(`${kind}:${atMs}`)

/**
 * Any step between two good readings: rising, slightly falling, rolling over or reset
 * (docs/rules/settling.md#falling-step), or what a person made of it.
 */
function takeStep(tally: Tally, fromMs: number, v: number, toMs: number, w: number): void {
  if (w < v) {
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
 * From the last tenth of the register to its first (docs/rules/settling.md#rollover). `rolloverAt` is 0 where the
 * digits are not known.
 */
const rollsOver = (v: number, w: number, rolloverAt: number): boolean =>
  rolloverAt > 0 && v >= (rolloverAt / 10) * 9 && w <= rolloverAt / 10

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

/** Time inside a reset step adds nothing, and an hour wholly inside it is null (docs/rules/settling.md#reset). */
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
 * A step that ends the hour being filled, and perhaps more hours. Each gets the step's share of its time: the same as
 * interpolating the register at the boundaries, but free of the register's own magnitude.
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
 * The old register has reached its final value, the new one starts; no difference is taken between them
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
 * The register's way from v to w (+ `added` for a rollover), in register units. Two readings that are whole steps of
 * the resolution have a difference that is one as well: it is taken exactly, without the rounding of their doubles.
 */
function wayFrom(tally: Tally, v: number, w: number, added: number): number {
  const way = added - v + w
  const whole = Math.round(way * tally.stepsPerUnit) / tally.stepsPerUnit
  return Math.abs(whole - way) <= (Math.abs(v) + Math.abs(w) + added) * ROUNDING ? whole : way
}

/** Writes the hour being filled, if the window holds it. */
function put(tally: Tally, registerAmount: number): void {
  const { amounts, firstHourMs } = tally.hours
  const hour = (tally.hourMs - firstHourMs) / HOUR_MS
  if (hour >= 0 && hour < amounts.length) amounts[hour] = registerAmount * tally.scale
}

/** Files an event under its time. A step is known only when it ends, after the spikes that it passes over. */
function report(tally: Tally, event: RegisterEvent): void {
  if (!(event.atMs >= tally.eventsFromMs && event.atMs < tally.eventsToMs)) return
  const { events } = tally
  const place = events.findLastIndex(({ atMs }) => atMs <= event.atMs) + 1
  if (place === events.length) events.push(event)
  else events.splice(place, 0, event)
}
