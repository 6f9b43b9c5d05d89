// Prepares one day of a meter for the curve: 24 hours, each with an amount or a gap, and the sum of the known hours.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../../../domain/calendar.ts'
import type { HourFlag } from '../../../domain/settle/settle.ts'
import type { SeriesView } from '../../../domain/view/view.ts'

export interface HourSlot {
  /** 0 to 23, in UTC+8. */
  hour: number
  /** In the unit of the series; null is a gap. */
  value: number | null
  flag: HourFlag | null
  /** Not over yet: a gap here is no missing data. */
  isToCome: boolean
}
export interface DayHours {
  slots: readonly HourSlot[]
  /** Null when no hour is known. */
  total: number | null
  hoursKnown: number
  /** Hours of the day that are over: 24 for any earlier day. */
  hoursOver: number
}

/** The 24 hours of day number `day`, seen at `nowMs`. Hours missing in the series are gaps. */
export function hoursOfDay(series: SeriesView, day: number, nowMs: number): DayHours {
  const fromMs = dayStartMs(day)
  const hoursOver = Math.min(24, Math.max(0, Math.floor((nowMs - fromMs) / HOUR_MS)))
  const slots: HourSlot[] = Array.from({ length: 24 }, (_, hour) => ({
    hour,
    value: null,
    flag: null,
    isToCome: hour >= hoursOver,
  }))
  for (const point of series.points) {
    const hour = Math.floor((point.atMs - fromMs) / HOUR_MS)
    if (hour >= 0 && hour < 24)
      slots[hour] = { hour, value: point.value, flag: point.flag ?? null, isToCome: hour >= hoursOver }
  }
  const known = slots.flatMap((slot) => (slot.value === null ? [] : [slot.value]))
  return {
    slots,
    total: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0),
    hoursKnown: known.length,
    hoursOver,
  }
}

export interface DayAmount {
  day: number
  value: number | null
}

/** The `count` days up to `lastDay`, from a series of grain `day`; missing days are gaps. */
export function daysUpTo(series: SeriesView, lastDay: number, count: number): DayAmount[] {
  const amounts = new Map(series.points.map((point) => [dayOf(point.atMs), point.value]))
  return Array.from({ length: count }, (_, index) => {
    const day = lastDay - count + 1 + index
    return { day, value: amounts.get(day) ?? null }
  })
}

/** The last day with an amount, or undefined. */
export const lastDayWithData = (days: readonly DayAmount[]): number | undefined =>
  days.findLast(({ value }) => value !== null)?.day

/** The day number of `YYYY-MM-DD`. */
export const dayOfLabel = (label: string): number => Date.parse(`${label}T00:00:00Z`) / DAY_MS
