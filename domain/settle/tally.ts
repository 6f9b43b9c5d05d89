// Fills the hours of a register from the steps between its good readings (docs/rules/settling.md#energy-of-an-hour),
// and collects its events.

import { HOUR_MS, hourStart } from '../calendar.ts'
import { ESTIMATED, flagHours, type Hours, MEASURED_STEP_MS_MAX, PARTIAL } from '../hours.ts'
import type { Replacement } from '../registry/records.ts'
import { ROUNDING, smallStep } from './pace.ts'
import { acceptedIds, undoneIds } from './review.ts'
import { digitsAt, isNetAt, type MeterProfile, type RegisterEvent, type SettleWindow } from './series.ts'

/** `row`: its row in the samples; -1 for a value of a replacement. */
export interface GoodReading {
  atMs: number
  value: number
  row: number
}

/** Amount of the hour being filled: `carried` plus the register's way from `base` to its value at the hour's end. */
export interface Tally {
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
  /** Of the row in force, where the direction changes by date. */
  stepMax: number
  readonly stepsPerUnit: number
  rolloverAt: number
  readonly scale: number
  readonly undone: ReadonlySet<string>
  readonly accepted: ReadonlySet<string>
  endsInDoubt?: true
}

export function openTally(
  profile: MeterProfile,
  first: GoodReading,
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
    stepMax: stepMaxAt(profile, first.atMs),
    stepsPerUnit: profile.resolution < 1 ? Math.round(inverse) : inverse,
    rolloverAt: rolloverOf(profile.digits),
    scale: profile.multiplier * profile.factor,
    undone: undoneIds(profile.overrides),
    accepted: acceptedIds(profile.overrides),
  }
}

/** A register that runs both ways has no falls: each step counts with its sign. */
const stepMaxAt = (profile: MeterProfile, ms: number): number =>
  isNetAt(profile, ms) ? Number.POSITIVE_INFINITY : smallStep(profile)

/** Takes the row of the profile in force at an instant. */
export function enterRow(tally: Tally, ms: number): void {
  const { digitsFrom, directionFrom } = tally.profile
  if (digitsFrom) tally.rolloverAt = rolloverOf(digitsAt(digitsFrom, ms))
  if (directionFrom) tally.stepMax = stepMaxAt(tally.profile, ms)
}

const rolloverOf = (digits: number | undefined): number => (digits === undefined ? 0 : 10 ** digits)

export function crossRollover(tally: Tally, fromMs: number, v: number, toMs: number, w: number): void {
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
export function crossUnknown(
  tally: Tally,
  { atMs: fromMs, value: v }: GoodReading,
  to: GoodReading,
  flag: number,
): void {
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
export function crossHours(tally: Tally, fromMs: number, v: number, toMs: number, w: number, added: number): void {
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
export function changeRegister(tally: Tally, replacement: Replacement): void {
  tally.carried += wayFrom(tally, tally.base, replacement.finalValue, 0)
  tally.base = replacement.startValue
  report(tally, { kind: 'replacement', ...replacement })
}

export function closeTally(tally: Tally, last: GoodReading): void {
  if (last.atMs === tally.hourMs) return
  put(tally, tally.carried + wayFrom(tally, tally.base, last.value, 0))
  flagHours(tally.hours, { fromMs: last.atMs, toMs: tally.hourMs + HOUR_MS }, PARTIAL)
}

/**
 * The register's way from v to w (+ `added` for a rollover), in register units. Readings in whole steps of the
 * resolution differ by whole steps: the difference is then exact, without the rounding of doubles.
 */
export function wayFrom(tally: Tally, v: number, w: number, added: number): number {
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
export function report(tally: Tally, event: RegisterEvent): void {
  if (!(event.atMs >= tally.eventsFromMs && event.atMs < tally.eventsToMs)) return
  const { events } = tally
  const place = events.findLastIndex(({ atMs }) => atMs <= event.atMs) + 1
  if (place === events.length) events.push(event)
  else events.splice(place, 0, event)
}
