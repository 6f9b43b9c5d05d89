// Detects stuck registers: registers that stand still although they used to move. Works on settled hours, not while
// settling: four weeks of hours define usual consumption, and equal hours give equal results, whether they were settled
// incrementally or rebuilt.

import { DAY_MS, HOUR_MS, monthOf } from '../calendar.ts'
import type { Medium } from '../medium.ts'

/**
 * Minimum number of hours that usually move and did not. A meter that never rests is reported after three days, longer
 * than a power cut; one that moves ten hours per working day after seven working days, more than the six within the
 * longest public holidays (eight days).
 */
export const STUCK_HOURS_MIN = 72
/** An hour usually moves when the same hour of the week moved in all known weeks among these before the standstill. */
const EARLIER_WEEKS = 4
/** With fewer known weeks, a holiday or an outage of readings would decide. */
const EARLIER_WEEKS_KNOWN_MIN = 3
/** Limit of the search for a standstill's end, so that the hours needed are bounded: repairs do not take longer. */
const STANDSTILL_DAYS_MAX = 62
/**
 * Each city decides when heating ends, which is not known here (docs/rules/data.md#heating-season); then every heat
 * meter stands still. These months lie within every heating season.
 */
const HEATED_MONTHS = ['12', '01', '02']

const WEEK_MS = 7 * DAY_MS
/** The hours around [fromMs, toMs) that stuckRegisters needs, to find all standstills that begin there. */
export const STUCK_REACH = {
  beforeMs: EARLIER_WEEKS * WEEK_MS + HOUR_MS,
  afterMs: STANDSTILL_DAYS_MAX * DAY_MS,
} as const

/**
 * No movement from `atMs` to `untilMs`, the end of the last known hour so far. In `usualHours` of these hours the meter
 * usually moves; `usualAmount` is the sum of their means over the earlier weeks, in the medium's unit.
 */
export interface StuckRegister {
  kind: 'stuck'
  atMs: number
  untilMs: number
  usualHours: number
  usualAmount: number
}

/** Hourly amounts in the medium's unit from `firstHourMs` on, NaN = null; hours beyond count as null. */
export interface AmountHours {
  firstHourMs: number
  amounts: ArrayLike<number>
}

/** Starts of standstills of at least STUCK_HOURS_MIN in [fromMs, toMs): only these meters need hours of STUCK_REACH. */
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

/** The standstills that begin in the range. `hours` must cover STUCK_REACH around it, as far as the meter has hours. */
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

/** The end of the run of known zeros that begins at `atMs`, at most `endMs`; `atMs` when there is none. */
function standsUntil(hours: AmountHours, atMs: number, endMs: number): number {
  let ms = atMs
  while (ms < endMs && amountAt(hours, ms) === 0) ms += HOUR_MS
  return ms
}

/**
 * The mean of the same hour in the weeks before the standstill; undefined when it did not move in one week, or too few
 * weeks are known.
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
