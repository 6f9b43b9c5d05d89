// Defines the hours that settling fills: flags with their precedence, clipping to a window, and flagging by overlap
// (docs/rules/settling.md#flags). Independent of registers and intervals.

import { HOUR_MS, hourStart } from './calendar.ts'

/** In rising precedence; `missing` belongs to interval meters only. Stored as the index. */
export const HOUR_FLAGS = ['measured', 'estimated', 'partial', 'suspect', 'reset', 'missing', 'doubtful'] as const
export type HourFlag = (typeof HOUR_FLAGS)[number]

const rank = (flag: HourFlag): number => HOUR_FLAGS.indexOf(flag)
export const ESTIMATED = rank('estimated')
export const PARTIAL = rank('partial')
export const SUSPECT = rank('suspect')
export const RESET = rank('reset')
export const MISSING = rank('missing')
export const DOUBTFUL = rank('doubtful')

/** Longer steps are `estimated`; a step of exactly 2 h is still measured. */
export const MEASURED_STEP_MS_MAX = 2 * HOUR_MS

/** 120 years. A longer series has a wrong time stamp and would need gigabytes of empty hours. */
export const SERIES_HOURS_MAX = 120 * 366 * 24

/** The flag code of an hour outside the first and last reading of its meter. */
export const NO_HOUR = 255

/** A run of whole hours. `amounts` in medium units, NaN = null; `flags` are indexes of HOUR_FLAGS. */
export interface Hours {
  firstHourMs: number
  amounts: Float64Array
  flags: Uint8Array
}

/** The first whole hour at or after `ms`. */
export const hourCeiling = (ms: number): number => Math.ceil(ms / HOUR_MS) * HOUR_MS

/** Creates all hours that overlap [startMs, endMs] and lie in the window. Throws RangeError beyond SERIES_HOURS_MAX. */
export function openHours(startMs: number, endMs: number, window?: { fromMs: number; toMs: number }): Hours {
  let firstHourMs = hourStart(startMs)
  let endHourMs = hourCeiling(endMs)
  if (window) {
    firstHourMs = Math.max(firstHourMs, window.fromMs)
    endHourMs = Math.min(endHourMs, window.toMs)
  }
  const count = Math.max(0, (endHourMs - firstHourMs) / HOUR_MS)
  if (!(count <= SERIES_HOURS_MAX)) {
    throw new RangeError(`a series of ${count} hours is longer than ${SERIES_HOURS_MAX}: a time stamp must be wrong`)
  }
  return { firstHourMs, amounts: new Float64Array(count), flags: new Uint8Array(count) }
}

/** Raises the flag of every hour that overlaps (fromMs, toMs) for longer than zero time. */
export function flagHours(hours: Hours, range: { fromMs: number; toMs: number }, flag: number): void {
  const { flags, firstHourMs } = hours
  const first = Math.max(0, Math.floor((range.fromMs - firstHourMs) / HOUR_MS))
  const end = Math.min(flags.length, Math.ceil((range.toMs - firstHourMs) / HOUR_MS))
  // The element exists: hour < end ≤ length.
  for (let hour = first; hour < end; hour++) if ((flags[hour] as number) < flag) flags[hour] = flag
}

/** The first index of the sorted `at` in [from, to) that is not before `ms`; `to` when there is none. */
export function indexFrom(at: Float64Array, ms: number, from = 0, to = at.length): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    // The element exists: from ≤ middle < to.
    if ((at[middle] as number) < ms) low = middle + 1
    else high = middle
  }
  return low
}
