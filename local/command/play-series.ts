// Makes readings by rule, for scenarios: constant use, or use by the hour of working days and others, with seasons and
// changes (docs/scenarios.md#gen).

import * as z from 'zod'
import { HOUR_MS, MINUTE_MS, UTC8_MS } from '../../domain/calendar.ts'

/** RFC 3339, or epoch milliseconds as a number or as text. */
export const playedInstant = z
  .union([z.number(), z.string().min(1)])
  .transform((time) => (/^\d+$/.test(String(time)) ? Number(time) : Date.parse(String(time))))
  .refine((ms) => Number.isFinite(ms), 'is neither RFC 3339 nor epoch milliseconds')

const hours = z.array(z.coerce.number()).length(24)
const days = z.array(z.string())
/** An absent number; CSV writes it as an empty cell. */
const numeric = z.union([z.literal('').transform(() => undefined), z.coerce.number()]).optional()

export const seriesSchema = z.object({
  meter: z.string(),
  from: playedInstant,
  to: playedInstant,
  stepMin: numeric,
  start: numeric,
  kind: z.enum(['', 'register', 'interval']).optional(),
  perHour: numeric,
  work: hours.optional(),
  rest: hours.optional(),
  /** Saturdays and Sundays that are working days, and other days that are none. */
  workdays: days.optional(),
  holidays: days.optional(),
  months: z.array(z.number()).length(12).optional(),
  changes: z
    .array(
      z.object({
        from: z.string(),
        to: z.string(),
        times: z.number().optional(),
        plus: z.number().optional(),
        atLeast: z.number().optional(),
      }),
    )
    .default([]),
})
export type SeriesRule = z.infer<typeof seriesSchema>

export interface PlayedReading {
  meter: string
  at: number
  value: number
  unit?: string
}

/**
 * The readings of one rule. `reached`: the last value of each register, where its next series goes on; the function
 * updates it.
 */
export function seriesOf(rule: SeriesRule, reached: Map<string, number>): PlayedReading[] {
  const stepMs = (rule.stepMin || 60) * MINUTE_MS
  const sendsAmounts = rule.kind === 'interval'
  const last = rule.start === undefined && !sendsAmounts ? reached.get(rule.meter) : undefined
  let value = rule.start ?? last ?? 0
  const readings: PlayedReading[] = []
  for (let at = rule.from; at <= rule.to; at += stepMs) {
    const amount = (ratePerHour(rule, at - stepMs) * stepMs) / HOUR_MS
    if (at > rule.from || last !== undefined) value += amount
    readings.push({ meter: rule.meter, at, value: Number((sendsAmounts ? amount : value).toFixed(6)) })
  }
  if (!sendsAmounts) reached.set(rule.meter, value)
  return readings
}

/** Use per hour in the step that begins at `beginMs`. */
function ratePerHour(rule: SeriesRule, beginMs: number): number {
  const local = new Date(beginMs + UTC8_MS)
  const day = local.toISOString().slice(0, 10)
  const hour = local.getUTCHours()
  const isWeekend = [0, 6].includes(local.getUTCDay())
  const isRest = isWeekend ? !rule.workdays?.includes(day) : isWithin(rule.holidays ?? [], day)
  const byHour = rule.work && isRest ? (rule.rest ?? rule.work) : rule.work
  let rate = byHour?.[hour] ?? rule.perHour ?? 0
  rate *= rule.months?.[local.getUTCMonth()] ?? 1
  for (const { from, to, times = 1, plus = 0, atLeast = Number.NEGATIVE_INFINITY } of rule.changes)
    if (day >= from && day < to) rate = Math.max(rate * times + plus, atLeast)
  return rate
}

/** `ranges`: days as `2026-02-15` or `2026-02-15..2026-02-23`, both included. */
const isWithin = (ranges: readonly string[], day: string): boolean =>
  ranges.some((range) => {
    const [first = '', last = first] = range.split('..')
    return day >= first && day <= last
  })
