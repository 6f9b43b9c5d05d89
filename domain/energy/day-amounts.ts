// Keeps the days of a month in its record: a month is cut by what was used on each day, not by time. Eight series of
// floats as base64 text: a number each would make a record five times as long to read.

import { DAY_MS, dayOf, dayStartMs, type Month, monthRange } from '../calendar.ts'
import { must } from '../must.ts'

/** The figures kept by day, in the order of the packed text. */
export const DAY_FIELDS = [
  'energyKgce',
  'quotaKgce',
  'heatingKgce',
  'specialKgce',
  'co2Kg',
  'waterM3',
  'energyMissingKgce',
  'waterMissingM3',
] as const
export type DayField = (typeof DAY_FIELDS)[number]
/** One value for each day of a month. */
export type DaySeries = Record<DayField, Float64Array>

export const daysInMonth = (month: Month): number => {
  const { fromMs, toMs } = monthRange(month)
  return Math.round((toMs - fromMs) / DAY_MS)
}

export const emptyDays = (days: number): DaySeries =>
  Object.fromEntries(DAY_FIELDS.map((field) => [field, new Float64Array(days)])) as DaySeries

/** Null when there is nothing on any day. A figure without use is an empty text: most have no heating. */
export function packDays(series: DaySeries): string | null {
  const texts = DAY_FIELDS.map((field) => (series[field].every(isNothing) ? '' : packed(series[field])))
  return texts.every((text) => text === '') ? null : texts.join(SEPARATOR)
}
const SEPARATOR = ','
const isNothing = (amount: number): boolean => amount === 0

/** A month's record, as far as its days go. */
interface WithDays {
  month: Month
  byDay?: string | true | null
}

/** Throws when the days are kept and were not read: by time instead, a figure would be another one. */
function textOfDays({ month, byDay }: WithDays): string | undefined {
  if (byDay === true) throw new Error(`the days of ${month} are needed, and were not read`)
  return byDay ?? undefined
}

/** Adds a month's days to a series; `firstDay`: the place of its first day in the series. */
export function addDays(series: DaySeries, part: WithDays, firstDay = 0): void {
  const text = textOfDays(part)
  if (!text) return
  for (const [place, packed] of text.split(SEPARATOR).entries()) {
    const own = series[must(DAY_FIELDS[place])]
    for (const [day, amount] of unpacked(packed).entries()) own[firstDay + day] = (own[firstDay + day] ?? 0) + amount
  }
}

/** Packed days with one figure multiplied. */
export function scaledDays(byDay: string, field: DayField, ratio: number): string {
  const texts = byDay.split(SEPARATOR)
  const place = DAY_FIELDS.indexOf(field)
  const own = unpacked(texts[place] ?? '')
  return texts.with(place, packed(own.map((amount) => amount * ratio))).join(SEPARATOR)
}

/** One figure's values by day; undefined for a record of a release that kept no days. */
export function daysOfField(part: WithDays, field: DayField): Float32Array | undefined {
  const text = textOfDays(part)
  if (!text) return undefined
  const texts = text.split(SEPARATOR)
  const own = unpacked(texts[DAY_FIELDS.indexOf(field)] ?? '')
  return own.length > 0 ? own : new Float32Array(unpacked(must(texts.find((text) => text !== ''))).length)
}

const FLOAT_BYTES = 4
const packed = (amounts: Float64Array | Float32Array): string =>
  Buffer.from(Float32Array.from(amounts).buffer).toString('base64')
function unpacked(text: string): Float32Array {
  const { buffer, byteOffset, length } = Buffer.from(text, 'base64')
  // Node cuts short buffers out of a pool, at places where floats may lie: a copy of each would cost more.
  if (byteOffset % FLOAT_BYTES === 0) return new Float32Array(buffer, byteOffset, length / FLOAT_BYTES)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length))
}

/**
 * The share of a month's figure that lies at or after an instant, 0 to 1. By time where the days are not known, or add
 * up to nothing.
 */
export function shareFrom(part: WithDays, field: DayField | null, ms: number): number {
  const { fromMs, toMs } = monthRange(part.month)
  if (ms <= fromMs) return 1
  if (ms >= toMs) return 0
  const days = field === null ? undefined : daysOfField(part, field)
  if (days) {
    const cut = dayOf(ms) - dayOf(fromMs)
    const passed = (ms - dayStartMs(dayOf(ms))) / DAY_MS
    let total = 0
    let after = 0
    for (const [day, amount] of days.entries()) {
      total += amount
      if (day >= cut) after += day === cut ? amount * (1 - passed) : amount
    }
    const share = after / total
    if (share >= 0 && share <= 1) return share
  }
  return (toMs - ms) / (toMs - fromMs)
}
