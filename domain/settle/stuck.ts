// A register that stands still although it used to move. It is told from settled hours, never in settling: four weeks
// of hours say what is usual, and the same hours give the same answer whether they were settled bit by bit or rebuilt.

import { DAY_MS, HOUR_MS, monthOf } from '../calendar.ts'
import type { Medium } from '../medium.ts'

/**
 * Hours that should have moved and did not. A meter that never rests is named after three days, longer than a power
 * cut; one that moves ten hours a working day after seven of them, more than the six that the longest public holidays
 * (eight days) take.
 */
export const STUCK_HOURS_MIN = 72
/**
 * What is usual is what the same hour of the week did in the weeks before the standstill: always moved, in all that are
 * known.
 */
const EARLIER_WEEKS = 4
/** With fewer known weeks a holiday or an outage of readings would decide what is usual. */
const EARLIER_WEEKS_KNOWN_MIN = 3
/**
 * How far the end of a standstill is looked for, so that a bounded neighbourhood decides: nobody waits longer to repair
 * one.
 */
const STANDSTILL_DAYS_MAX = 62
/**
 * When heat is turned off is a city's decision that is not known here (docs/rules/data.md#heating-season), and then
 * every heat meter stands still. These months lie within the heating season wherever there is one.
 */
const HEATED_MONTHS = ['12', '01', '02']

const WEEK_MS = 7 * DAY_MS
/** How far around [fromMs, toMs) hours must reach for stuckRegisters to know all of what begins there. */
export const STUCK_REACH = {
  beforeMs: EARLIER_WEEKS * WEEK_MS + HOUR_MS,
  afterMs: STANDSTILL_DAYS_MAX * DAY_MS,
} as const

/**
 * No movement from `atMs` to `untilMs`, the end of the last known hour of it so far. In `usualHours` of these hours the
 * meter had always moved; on average of the earlier weeks they came to `usualAmount` in the medium's unit.
 */
export interface StuckRegister {
  kind: 'stuck'
  atMs: number
  untilMs: number
  usualHours: number
  usualAmount: number
}

/** Hourly amounts in the medium's unit from `firstHourMs` on, NaN = null; what lies beyond is taken for null. */
export interface AmountHours {
  firstHourMs: number
  amounts: ArrayLike<number>
}

/**
 * Where standstills of at least STUCK_HOURS_MIN begin in [fromMs, toMs): the few meters worth loading STUCK_REACH for.
 */
export function standstills(
  { firstHourMs, amounts }: AmountHours,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): number[] {
  const starts: number[] = []
  const from = Math.max(0, Math.ceil((fromMs - firstHourMs) / HOUR_MS))
  const to = Math.min(amounts.length, Math.ceil((toMs - firstHourMs) / HOUR_MS))
  for (let hour = from; hour < to; hour++) {
    if (amounts[hour] !== 0 || amounts[hour - 1] === 0) continue
    let end = hour + 1
    while (end < amounts.length && amounts[end] === 0) end++
    if (end - hour >= STUCK_HOURS_MIN) starts.push(firstHourMs + hour * HOUR_MS)
    hour = end
  }
  return starts
}

/** The stuck registers that begin in the range. `hours` reach STUCK_REACH around it, as far as the meter has any. */
export function stuckRegisters(
  hours: AmountHours,
  range: { fromMs: number; toMs: number },
  medium: Medium,
): StuckRegister[] {
  return standstills(hours, range).flatMap((atMs) => {
    const untilMs = standsUntil(hours, atMs, atMs + STUCK_REACH.afterMs)
    let [usualHours, usualAmount] = [0, 0]
    for (let hourMs = atMs; hourMs < untilMs; hourMs += HOUR_MS) {
      const usual = usualAt(hours, hourMs, atMs)
      if (usual === undefined || (medium === 'heat' && !HEATED_MONTHS.includes(monthOf(hourMs).slice(5)))) continue
      usualHours++
      usualAmount += usual
    }
    return usualHours >= STUCK_HOURS_MIN ? [{ kind: 'stuck', atMs, untilMs, usualHours, usualAmount }] : []
  })
}

/** The end of the run of known zeros that begins at `atMs`, at most `endMs`; `atMs` where there is none. */
function standsUntil(hours: AmountHours, atMs: number, endMs: number): number {
  let ms = atMs
  while (ms < endMs && amountAt(hours, ms) === 0) ms += HOUR_MS
  return ms
}

/**
 * The mean of the same hour in the weeks before the standstill; undefined where it did not move in one, or too few are
 * known.
 */
function usualAt(hours: AmountHours, hourMs: number, standsFromMs: number): number | undefined {
  const weeksBack = Math.floor((hourMs - standsFromMs) / WEEK_MS) + 1
  let [known, sum] = [0, 0]
  for (let week = 0; week < EARLIER_WEEKS; week++) {
    const amount = amountAt(hours, hourMs - (weeksBack + week) * WEEK_MS)
    if (Number.isNaN(amount)) continue
    if (amount === 0) return undefined
    known++
    sum += amount
  }
  return known >= EARLIER_WEEKS_KNOWN_MIN ? sum / known : undefined
}

const amountAt = ({ firstHourMs, amounts }: AmountHours, hourMs: number): number =>
  amounts[(hourMs - firstHourMs) / HOUR_MS] ?? Number.NaN
