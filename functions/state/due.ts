// Computes when the work of a schedule (functions/triggers.ts) is due. The clock is an argument; the worker stores the
// last time.

import { DAY_MS, dayOf, dayStartMs, MINUTE_MS } from '../../domain/calendar.ts'
import type { Schedule } from '../triggers.ts'

/** Whether the interval has passed. A clock that went back delays nothing. */
export const isDue = ({ everyMinutes }: Schedule, { lastMs, nowMs }: { lastMs: number; nowMs: number }): boolean =>
  nowMs - lastMs >= everyMinutes * MINUTE_MS || nowMs < lastMs

/** The latest time at which daily work was due. `area` spreads it over the span. */
export function dailyDueMs(
  { daily: { fromMinute, spreadMinutes } }: Required<Pick<Schedule, 'daily'>>,
  { area, nowMs }: { area: string; nowMs: number },
): number {
  let minute = 0
  for (const char of area) minute = spreadMinutes === 0 ? 0 : (minute * 31 + char.charCodeAt(0)) % spreadMinutes
  const todayMs = dayStartMs(dayOf(nowMs)) + (fromMinute + minute) * MINUTE_MS
  return todayMs <= nowMs ? todayMs : todayMs - DAY_MS
}
