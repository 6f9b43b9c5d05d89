// Lists the instants at which clock chips start when their battery is empty (docs/rules/data.md#power-on-instants): a
// gateway that has no time yet stamps its readings shortly after one.

import { DAY_MS } from '../calendar.ts'

/** First instants of local years in UTC+8, with the reason. Times in UTC come eight hours later, within the window. */
const POWER_ON_YEARS = [
  /** Chips with a two-digit year: DS1302, DS1307, DS3231, PCF8563, STM32, and DL/T 645. */
  2000,
  /** Firmware whose epoch is 2001. */
  2001,
  /** System-on-chip clocks that count from 2010. */
  2010,
] as const
/** How long a gateway may run before its clock is set. */
const POWER_ON_WINDOW_MS = 31 * DAY_MS
const UTC8_MS = 8 * 3_600_000

const WINDOWS = POWER_ON_YEARS.map((year) => Date.UTC(year, 0, 1) - UTC8_MS)
const LAST_MS = Math.max(...WINDOWS) + POWER_ON_WINDOW_MS

/** True for a time of a clock that was never set. */
export const isPowerOn = (atMs: number): boolean =>
  atMs < LAST_MS && WINDOWS.some((sinceMs) => atMs >= sinceMs && atMs < sinceMs + POWER_ON_WINDOW_MS)
