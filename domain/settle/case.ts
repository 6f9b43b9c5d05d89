// Settles a settle-cases file (docs/rules/settling.md#settle-cases-file) to kWh: meters with readings in order of
// arrival, for `kilowatch settle --cases`. A bad case becomes a value with its reason and never stops the others.

import * as z from 'zod'
import { HOUR_MS } from '../calendar.ts'
import { must } from '../must.ts'
import { METER_DIRECTIONS } from '../registry/records.ts'
import type { MeterProfile, Samples } from './series.ts'
import { HOUR_FLAGS, type HourFlag, settleSamples } from './settle.ts'

/** kWh per unit of the register. */
const KWH_PER_UNIT = { kWh: 1, MWh: 1000, Wh: 0.001, GJ: 1000 / 3.6 }
const CASE_UNITS = ['kWh', 'MWh', 'Wh', 'GJ'] as const

/** A file with a wrong column has one issue per row; the first few are enough. */
const ISSUES_SHOWN_MAX = 5

const epochMs = z.number().int()

const caseMeterSchema = z
  .object({
    unit: z.enum(CASE_UNITS),
    resolution: z.number().positive().default(0.01),
    digits: z.number().int().min(1).max(15).nullish(),
    multiplier: z.number().positive().nullish(),
    intervalMinutes: z.number().positive().nullish(),
    kind: z.enum(['register', 'interval']).nullish(),
    stamp: z.enum(['start', 'end']).nullish(),
    direction: z.enum(METER_DIRECTIONS).nullish(),
    ratedMaxPerHour: z.number().positive().nullish(),
  })
  .refine((meter) => meter.kind !== 'interval' || typeof meter.intervalMinutes === 'number', {
    path: ['intervalMinutes'],
    message: 'an interval meter needs the length of its intervals',
  })
  .refine((meter) => meter.kind !== 'interval' || typeof meter.stamp === 'string', {
    path: ['stamp'],
    message: 'an interval meter needs "start" or "end"',
  })

/** One case. Its `truth` and other fields are ignored. */
const settleCaseSchema = z.object({
  id: z.string(),
  meter: caseMeterSchema,
  /** `[epochMs, value, receivedMs?]` in order of arrival. */
  readings: z.array(z.tuple([epochMs, z.number(), epochMs.nullish()], z.unknown())),
  events: z
    .array(z.object({ type: z.literal('replacement'), at: epochMs, finalValue: z.number(), startValue: z.number() }))
    .nullish(),
})
type SettleCase = z.infer<typeof settleCaseSchema>

/** The file: `{format: 1, cases}`, or the bare list. Cases are parsed one by one, so that a bad one fails alone. */
const settleCasesFileSchema = z.union([
  z.object({ format: z.literal(1), cases: z.array(z.unknown()) }).transform((file) => file.cases),
  z.array(z.unknown()),
])

/** Hours as `[hourStartMs, kWh | null, flag]`; `total` is the sum of the known hours, in kWh. */
export type SettledCase =
  | { id: string; hours: [hourStartMs: number, kWh: number | null, flag: HourFlag][]; total: number }
  | { id: string; error: string }

/** Settles every case of a parsed JSON file, in its order. Throws TypeError when `file` is not a settle-cases file. */
export function settleCases(file: unknown): SettledCase[] {
  const parsed = settleCasesFileSchema.safeParse(file)
  if (!parsed.success)
    throw new TypeError('not a settle-cases file: expected {"format": 1, "cases": [...]} or a list of cases')
  return parsed.data.map((input, index) => settleCase(input, { place: index + 1 }))
}

/**
 * Settles one unparsed case. `receivedByMs` leaves out the readings that arrived later (a case's `asOf`); `place` names
 * a case without an id. Never throws for bad input: the result has `error`, with the case's id, the row and the reason.
 */
export function settleCase(input: unknown, options: { receivedByMs?: number; place?: number } = {}): SettledCase {
  const id = caseId(input, options.place)
  const parsed = settleCaseSchema.safeParse(input)
  if (!parsed.success) return { id, error: `case ${id}: ${issuesText(parsed.error.issues)}` }
  try {
    return settleParsed(parsed.data, options.receivedByMs ?? Number.POSITIVE_INFINITY)
  } catch (error) {
    // settleSamples refuses impossible series, e.g. readings centuries apart; any other error is a defect.
    if (error instanceof RangeError) return { id, error: `case ${id}: ${error.message}` }
    throw error
  }
}

function settleParsed(settling: SettleCase, receivedByMs: number): SettledCase {
  const arrived = settling.readings.filter(
    ([, , receivedMs]) => (receivedMs ?? Number.NEGATIVE_INFINITY) <= receivedByMs,
  )
  const { firstHourMs, amounts, flags } = settleSamples(profileOf(settling), samplesOf(arrived))
  const hours = Array.from(amounts, (kWh, index): [number, number | null, HourFlag] => [
    firstHourMs + index * HOUR_MS,
    Number.isNaN(kWh) ? null : kWh,
    must(HOUR_FLAGS[must(flags[index])]),
  ])
  return { id: settling.id, hours, total: sumKnown(amounts) }
}

function profileOf({ meter, events }: SettleCase): MeterProfile {
  return {
    kind: meter.kind ?? 'register',
    resolution: meter.resolution,
    digits: meter.digits ?? undefined,
    multiplier: meter.multiplier ?? 1,
    intervalMinutes: meter.intervalMinutes ?? 60,
    stamp: meter.stamp ?? 'end',
    direction: meter.direction ?? undefined,
    ratedMaxPerHour: meter.ratedMaxPerHour ?? undefined,
    factor: KWH_PER_UNIT[meter.unit],
    replacements: (events ?? []).map(({ at, finalValue, startValue }) => ({ atMs: at, finalValue, startValue })),
  }
}

/**
 * Keeps the last arrival of the readings with the same time, and sorts by time
 * (docs/rules/settling.md#one-value-per-time).
 */
function samplesOf(readings: SettleCase['readings']): Samples {
  const latest = [...new Map(readings.map(([atMs, value]) => [atMs, value]))].sort(([a], [b]) => a - b)
  return {
    atMs: Float64Array.from(latest, ([atMs]) => atMs),
    value: Float64Array.from(latest, ([, value]) => value),
  }
}

/** The sum of the known `amounts` (NaN = null), compensated after Neumaier: exact to about the last digit. */
export function sumKnown(amounts: Iterable<number>): number {
  let sum = 0
  let lost = 0
  for (const amount of amounts) {
    if (Number.isNaN(amount)) continue
    const next = sum + amount
    lost += Math.abs(sum) >= Math.abs(amount) ? sum - next + amount : amount - next + sum
    sum = next
  }
  return sum + lost
}

function caseId(input: unknown, place = 1): string {
  const named = z.object({ id: z.string() }).safeParse(input)
  return named.success ? named.data.id : `#${place}`
}

function issuesText(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map(issueText)
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`)
  return shown.join('; ')
}

/** E.g. `readings row 3, value: expected number, received string`. Rows count from 1. */
function issueText(issue: z.core.$ZodIssue): string {
  const [field, row, column] = issue.path
  const reason = issue.message.replace(/^Invalid input: /, '')
  if ((field !== 'readings' && field !== 'events') || typeof row !== 'number') {
    return `${issue.path.join('.') || 'case'}: ${reason}`
  }
  const part = typeof column === 'number' ? (['epochMs', 'value', 'receivedMs'][column] ?? 'extra') : column
  return `${field} row ${row + 1}${part === undefined ? '' : `, ${String(part)}`}: ${reason}`
}
