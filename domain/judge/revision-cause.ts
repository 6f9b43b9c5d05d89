// Defines the causes of a revision of a closed month, and classifies the readings that arrived. The function that
// changes something records the cause beside the mark that has the month judged again; judging reports it only when a
// number changed.

import * as z from 'zod'
import type { Month } from '../calendar.ts'

/** Parts of the registry that an institution's judgement depends on. `sizes`: floor areas, energy users. */
export const REGISTERED_PARTS = ['institution', 'sizes', 'meters', 'area', 'tariffs'] as const

const meter = z.string()
const count = z.number().int()
/** One cause; its fields name the person and the record, so that a reader can follow it. */
export const causeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('lateReadings'), meter, count }),
  z.object({ kind: z.literal('correctedReadings'), meter, count }),
  z.object({ kind: z.literal('repair'), meter, count, repair: z.string(), file: z.string(), who: z.string() }),
  z.object({
    kind: z.literal('review'),
    meter,
    event: z.string(),
    state: z.string(),
    who: z.string(),
    atMs: z.number(),
  }),
  z.object({ kind: z.literal('meterProfile'), meter, change: z.enum(['registered', 'changed']) }),
  z.object({ kind: z.literal('registry'), parts: z.array(z.enum(REGISTERED_PARTS)) }),
  z.object({ kind: z.literal('standards') }),
  z.object({ kind: z.literal('bill'), carriers: z.array(z.string()) }),
  z.object({ kind: z.literal('institution'), institution: z.string(), change: z.enum(['joined', 'left']) }),
  z.object({ kind: z.literal('area'), area: z.string(), change: z.enum(['joined', 'left']) }),
  z.object({ kind: z.literal('below'), subject: z.string(), revision: z.number().int().nullable() }),
  z.object({ kind: z.literal('others'), count }),
  z.object({ kind: z.literal('rebuild') }),
  z.object({ kind: z.literal('upgrade'), from: z.string(), to: z.string() }),
])
export type Cause = z.infer<typeof causeSchema>

/** A cause in a few words, for lists. */
export function causeText(cause: Cause): string {
  switch (cause.kind) {
    case 'lateReadings':
      return `${cause.count} late readings of ${cause.meter}`
    case 'correctedReadings':
      return `${cause.count} corrected readings of ${cause.meter}`
    case 'repair':
      return `${cause.count} readings of ${cause.meter} in repair file ${cause.file} by ${cause.who}`
    case 'review':
      return `${cause.event} of ${cause.meter}: ${cause.state} by ${cause.who}`
    case 'meterProfile':
      return `meter ${cause.meter} ${cause.change}`
    case 'registry':
      return `registry: ${cause.parts.join(', ')}`
    case 'standards':
      return 'coefficients or CO2 factors'
    case 'bill':
      return `bills: ${cause.carriers.join(', ')}`
    case 'institution':
      return `institution ${cause.institution} ${cause.change}`
    case 'area':
      return `area ${cause.area} ${cause.change}`
    case 'below':
      return cause.revision === null ? `${cause.subject}: first judged` : `${cause.subject}: revision ${cause.revision}`
    case 'others':
      return `and ${cause.count} more`
    case 'rebuild':
      return 'rebuild'
    case 'upgrade':
      return `upgrade from Kilowatch ${cause.from} to ${cause.to}`
  }
}

/** A cause and the months that it may have changed. */
export interface CausedMonths {
  cause: Cause
  months: Month[]
}
/**
 * Readings that settling found: the latest `count` arrivals from `fromMs` to `toMs`. arrivalCauses classifies them only
 * when a number changed.
 */
export interface ArrivedReadings {
  meter: string
  fromMs: number
  toMs: number
  count: number
  /** First and last month whose hours they changed. */
  months: [first: Month, last: Month]
}
export type TrailEntry = CausedMonths | ArrivedReadings
/** By subject: the changes to its ended months since they were last judged. */
export type Trail = Record<string, TrailEntry[]>

/** Entries per subject: nearly every subject has fewer meters, and a county's trail stays one small document. */
const TRAIL_ENTRIES_MAX = 100
/** Causes listed in one revision. */
const CAUSES_MAX = 50

/** Joins two trails. Equal entries become one, since an interrupted step is repeated. */
export function joinedTrail(known: Trail, added: Trail): Trail {
  const joined = new Map(Object.entries(known))
  for (const [subject, entries] of Object.entries(added)) {
    const all = [...(joined.get(subject) ?? []), ...entries]
    const distinct = new Map(all.map((entry) => [JSON.stringify(entry), entry]))
    joined.set(subject, [...distinct.values()].slice(0, TRAIL_ENTRIES_MAX))
  }
  return Object.fromEntries(joined)
}

/** Each cause once; beyond CAUSES_MAX only the number of further causes. */
export function listedCauses(causes: readonly Cause[]): Cause[] {
  const distinct = [...new Map(causes.map((cause) => [JSON.stringify(cause), cause])).values()]
  if (distinct.length <= CAUSES_MAX) return distinct
  return [...distinct.slice(0, CAUSES_MAX), { kind: 'others', count: distinct.length - CAUSES_MAX }]
}

export interface ArrivedReading {
  atMs: number
  value: number
  quality: string
  unit?: string | undefined
}
export interface RepairedReading {
  repair: string
  file: string
  who: string
  atMs: number
  /** Null: withdrawn. */
  value: number | null
}

/**
 * Classifies the latest `count` arrivals of a meter: rows of a repair, corrections of a known time, or late readings.
 * A reading that came again unchanged is no cause. `arrivals` in order of arrival, `repairs` newest last.
 */
export function arrivalCauses(
  meter: string,
  { arrivals, count }: { arrivals: readonly ArrivedReading[]; count: number },
  repairs: readonly RepairedReading[],
): Cause[] {
  const repairOf = new Map(repairs.map((row) => [`${row.atMs} ${row.value}`, row]))
  const latest = new Map<number, ArrivedReading>()
  const repaired = new Map<string, Cause & { kind: 'repair' }>()
  let [late, corrected] = [0, 0]
  for (const [index, arrival] of arrivals.entries()) {
    const before = latest.get(arrival.atMs)
    latest.set(arrival.atMs, arrival)
    if (index < arrivals.length - count) continue
    const row = repairOf.get(`${arrival.atMs} ${arrival.quality === 'suspect' ? null : arrival.value}`)
    if (row) {
      const { repair, file, who } = row
      const known = repaired.get(repair)?.count ?? 0
      repaired.set(repair, { kind: 'repair', meter, count: known + 1, repair, file, who })
    } else if (!before) late++
    else if (before.value !== arrival.value || before.quality !== arrival.quality || before.unit !== arrival.unit)
      corrected++
  }
  return [
    ...(late > 0 ? [{ kind: 'lateReadings', meter, count: late } as const] : []),
    ...(corrected > 0 ? [{ kind: 'correctedReadings', meter, count: corrected } as const] : []),
    ...repaired.values(),
  ]
}
