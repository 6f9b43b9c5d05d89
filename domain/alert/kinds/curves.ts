// Reads the curves of alerts from hours: days, hours around an event, known hours, and amounts beyond a limit.

import { dayOf, dayStartMs, HOUR_MS } from '../../calendar.ts'
import type { Meter } from '../../registry/records.ts'
import { amountUnit } from '../../unit.ts'
import type { CurveGiven, KindCurve } from '../kind.ts'
import { amountAt, type HourAmounts } from './hours.ts'

export const NO_HOURS: HourAmounts = { firstHourMs: 0, amounts: [] }
const DAYS_SHOWN = 28
/** Shown before and after an event. */
const EVENT_HOURS = 48

/** The last `count` days up to `lastDay`, in order; days by number (calendar.ts). */
export const lastDays = (lastDay: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => lastDay - count + 1 + index)

/** Sum of the known hours of a day that count; null when any of its 24 hours is unknown. */
export function dayTotal(hours: HourAmounts, day: number, counts: (atMs: number) => boolean = () => true) {
  let sum = 0
  for (let atMs = dayStartMs(day); atMs < dayStartMs(day + 1); atMs += HOUR_MS) {
    const amount = amountAt(hours, atMs)
    if (Number.isNaN(amount)) return null
    if (counts(atMs)) sum += amount
  }
  return sum
}

/**
 * The first day of the unbroken run of days beyond `limit` that ends with `lastDay`, but not before the hours begin;
 * unknown days do not break it. `otherwise`: when the last known day is not beyond it.
 */
export function runStart(
  { firstHourMs }: HourAmounts,
  { lastDay, limit, otherwise }: { lastDay: number; limit: number; otherwise: number },
  amountOf: (day: number) => number | null,
): number {
  let first = otherwise
  for (let day = lastDay; day >= dayOf(firstHourMs); day--) {
    const amount = amountOf(day)
    if (amount === null) continue
    if (amount <= limit) break
    first = Math.min(first, day)
  }
  return first
}

/** The part of each known hour that was lost; `fromMs` on a full hour. Unknown hours stay NaN. */
export function lossByHour(
  hours: HourAmounts,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  lostOf: (amount: number, atMs: number) => number,
): { firstHourMs: number; amounts: Float64Array } {
  const count = Math.max(0, Math.floor((toMs - fromMs) / HOUR_MS))
  const amounts = Float64Array.from({ length: count }, (_, index) => {
    const atMs = fromMs + index * HOUR_MS
    const amount = amountAt(hours, atMs)
    return Number.isNaN(amount) ? Number.NaN : lostOf(amount, atMs)
  })
  return { firstHourMs: fromMs, amounts }
}

/** Hours of the meter around an event of its register. */
export function eventCurve({ subject, meters, hours: hoursOf }: CurveGiven<object>, eventMs: number): KindCurve {
  const meter = meters.find(({ id }) => id === subject.id)
  const hours = hoursOf.get(subject.id) ?? NO_HOURS
  const firstMs = Math.floor(eventMs / HOUR_MS) * HOUR_MS - EVENT_HOURS * HOUR_MS
  return {
    grain: 'hour',
    unit: meter ? amountUnit(meter.medium) : '',
    name: { zh: '每小时用量', en: 'use by hour' },
    points: Array.from({ length: 2 * EVENT_HOURS + 1 }, (_, index) => {
      const atMs = firstMs + index * HOUR_MS
      const amount = amountAt(hours, atMs)
      return { atMs, value: Number.isNaN(amount) ? null : amount }
    }),
    eventMs,
    loss: {
      reason: {
        zh: '表底事件影响的是计量，不等于多用了能源；认可或撤销后用量即定',
        en: 'an event of the register bears on the metering, not on what was used; a review settles the amount',
      },
    },
  }
}

/** Known hours a day, the mean of the meters. */
export function knownCurve({ toMs, hours }: CurveGiven<object>, meters: readonly Meter[]): KindCurve {
  const knownOf = (id: string, day: number): number => {
    const own = hours.get(id) ?? NO_HOURS
    return Array.from({ length: 24 }, (_, hour) => amountAt(own, dayStartMs(day) + hour * HOUR_MS)).filter(
      (amount) => !Number.isNaN(amount),
    ).length
  }
  return {
    grain: 'day',
    unit: 'h',
    name: { zh: '每天有数据的小时', en: 'hours known of the day' },
    points: lastDays(dayOf(toMs - 1), DAYS_SHOWN).map((day) => ({
      atMs: dayStartMs(day),
      value: meters.length === 0 ? null : meters.reduce((sum, { id }) => sum + knownOf(id, day), 0) / meters.length,
    })),
    loss: {
      reason: {
        zh: '这段时间没有读数，用了多少尚不知道；恢复后表底会补上总量',
        en: 'there are no readings, so what was used is not known yet; the register will tell the sum when it speaks again',
      },
    },
  }
}
