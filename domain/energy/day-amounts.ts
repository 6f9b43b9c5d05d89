// Keeps the days of a month in its record: a month is cut by what was used on each day, not by time. Eight series of
// floats as base64 text: a number each would make a record five times as long to read.

import { DAY_MS, dayOf, dayStartMs, type Month, monthRange } from '../calendar.ts'
import { columnOf, keysOf } from '../table.ts'

/** The figures kept by day, and how each is found in the packed text. */
const PLACES = {
  energyKgce: 0,
  quotaKgce: 1,
  heatingKgce: 2,
  specialKgce: 3,
  co2Kg: 4,
  waterM3: 5,
  energyMissingKgce: 6,
  waterMissingM3: 7,
} as const
export type DayField = keyof typeof PLACES
export const DAY_FIELDS = keysOf(PLACES)
/** One value for each day of a month. */
export type DaySeries = Record<DayField, Float64Array>

export const daysInMonth = (month: Month): number => {
  const { fromMs, toMs } = monthRange(month)
  return Math.round((toMs - fromMs) / DAY_MS)
}

export const emptyDays = (days: number): DaySeries => columnOf(PLACES, () => new Float64Array(days))

/** Null when there is nothing on any day. */
export function packDays(series: DaySeries): string | null {
  if (DAY_FIELDS.every((field) => series[field].every((amount) => amount === 0))) return null
  const days = series.energyKgce.length
  const packed = new Float32Array(days * DAY_FIELDS.length)
  for (const field of DAY_FIELDS) packed.set(series[field], PLACES[field] * days)
  return Buffer.from(packed.buffer).toString('base64')
}

/** Adds packed days to a series of a month; `firstDay`: the place of the first packed day in the series. */
export function addPacked(series: DaySeries, text: string, firstDay = 0): void {
  const packed = unpacked(text)
  const days = packed.length / DAY_FIELDS.length
  for (const field of DAY_FIELDS) {
    const own = series[field]
    const first = PLACES[field] * days
    for (let day = 0; day < days; day++) own[firstDay + day] = (own[firstDay + day] ?? 0) + (packed[first + day] ?? 0)
  }
}

/** Packed days with one figure multiplied. */
export function scaledDays(text: string, field: DayField, ratio: number): string {
  const packed = unpacked(text)
  const days = packed.length / DAY_FIELDS.length
  const own = packed.subarray(PLACES[field] * days, (PLACES[field] + 1) * days)
  own.set(own.map((amount) => amount * ratio))
  return Buffer.from(packed.buffer).toString('base64')
}

/** One figure's values by day; undefined for a record of a release that kept no days. */
export function daysOfField(part: { byDay?: string | null }, field: DayField): Float32Array | undefined {
  if (!part.byDay) return undefined
  const packed = unpacked(part.byDay)
  const days = packed.length / DAY_FIELDS.length
  return packed.subarray(PLACES[field] * days, (PLACES[field] + 1) * days)
}

function unpacked(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64')
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

/**
 * The share of a month's figure that lies at or after an instant, 0 to 1. By time where the days are not known, or add
 * up to nothing.
 */
export function shareFrom(part: { month: Month; byDay?: string | null }, field: DayField | null, ms: number): number {
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
