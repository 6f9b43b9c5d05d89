// Implements the calendar of Asia/Shanghai (UTC+8, no daylight saving), independent of the reader's time zone
// (docs/rules/data.md#time). Instants are epoch milliseconds UTC; hours, days, months and years are those of UTC+8.
// Never reads the clock.

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000
export const UTC8_MS = 8 * HOUR_MS

/** A calendar month in UTC+8, `YYYY-MM`. A type of its own, so that no id, code, day or year passes for one. */
export type Month = `${number}-${number}`

/** The start of the clock hour that contains `ms`. UTC+8 is a whole number of hours, so hours start as UTC hours do. */
export const hourStart = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS

/** Days since 1970-01-01 in UTC+8; the key under which a day is stored. */
export const dayOf = (ms: number): number => Math.floor((ms + UTC8_MS) / DAY_MS)

/** The instant of local midnight at which day `day` begins. */
export const dayStartMs = (day: number): number => day * DAY_MS - UTC8_MS

/** The hour of the local day, 0–23, that contains `ms`. */
export const hourOfDay = (ms: number): number => Math.floor((ms + UTC8_MS) / HOUR_MS) % 24

/** `YYYY-MM-DD` of a day number. */
export const dayLabel = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** `YYYY-MM` of the month that contains `ms`. */
export const monthOf = (ms: number): Month => new Date(ms + UTC8_MS).toISOString().slice(0, 7) as Month

export const yearOf = (ms: number): number => new Date(ms + UTC8_MS).getUTCFullYear()

/** The half-open range [fromMs, toMs) of a month. Throws RangeError when `month` is not `YYYY-MM`. */
export function monthRange(month: Month): Readonly<{ fromMs: number; toMs: number }> {
  const known = ranges.get(month)
  if (known) return known
  const { year, monthNumber } = partsOf(month)
  const range = { fromMs: Date.UTC(year, monthNumber - 1, 1) - UTC8_MS, toMs: Date.UTC(year, monthNumber, 1) - UTC8_MS }
  ranges.set(month, range)
  return range
}
/** A province asks for the same months a million times; there are 120,000 months of four digits. */
const ranges = new Map<Month, { fromMs: number; toMs: number }>()

/** The half-open range [fromMs, toMs) of a calendar year. */
export const yearRange = (year: number): { fromMs: number; toMs: number } => ({
  fromMs: Date.UTC(year, 0, 1) - UTC8_MS,
  toMs: Date.UTC(year + 1, 0, 1) - UTC8_MS,
})

/** The month `count` months after `month` (before it when negative). */
export function addMonths(month: Month, count: number): Month {
  const { year, monthNumber } = partsOf(month)
  const index = year * 12 + monthNumber - 1 + count
  const inYear = index % 12
  return `${String((index - inYear) / 12).padStart(4, '0')}-${String(inYear + 1).padStart(2, '0')}` as Month
}

/** The months from `first` to `last`, both included; empty when `last` is before `first`. */
export function monthsThrough(first: Month, last: Month): Month[] {
  const months: Month[] = []
  for (let month = first; month <= last; month = addMonths(month, 1)) months.push(month)
  return months
}

/** RFC 3339 with the offset +08:00, to the second, for display. */
export const formatInstant = (ms: number): string => `${new Date(ms + UTC8_MS).toISOString().slice(0, 19)}+08:00`

function partsOf(month: Month): { year: number; monthNumber: number } {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month)
  if (!match) throw new RangeError(`"${month}" is not a month; write YYYY-MM`)
  return { year: Number(match[1]), monthNumber: Number(match[2]) }
}

/** The instant at which a local date `YYYY-MM-DD` begins. */
export const dateStartMs = (date: string): number => Date.parse(date) - UTC8_MS
