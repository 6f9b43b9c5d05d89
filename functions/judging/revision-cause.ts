// Determines the causes of a revision from the trail stored beside the marks. Readings are looked up only here, for the
// few months that changed after they were closed. An area's causes name the subjects that changed below it.

import { DAY_MS, type Month, monthRange } from '../../domain/calendar.ts'
import {
  type ArrivedReadings,
  arrivalCauses,
  type Cause,
  type RepairedReading,
  type Trail,
  type TrailEntry,
} from '../../domain/judge/revision-cause.ts'
import { DERIVED, type DocWrite, docKey, type Platform, type StateStore, VersionConflict } from '../platform.ts'
import { repairKey, repairTime } from '../settling/repair.ts'
import type { RevisedMonths } from './revision.ts'

/**
 * Readings this far outside a month can change its first and last hour. Across a longer gap, all that arrived count.
 */
const OVERHANG_MS = DAY_MS

/** The causes of a revised month of an institution. */
export async function institutionCauses(
  ports: Pick<Platform, 'readings' | 'state'>,
  entries: readonly TrailEntry[] = [],
  month: Month,
): Promise<Cause[]> {
  const causes: Cause[] = []
  for (const entry of entries) {
    if ('cause' in entry) {
      if (entry.months.includes(month)) causes.push(entry.cause)
    } else if (month >= entry.months[0] && month <= entry.months[1]) {
      causes.push(...(await readingCauses(ports, entry, month)))
    }
  }
  return causes
}

async function readingCauses(
  { readings, state }: Pick<Platform, 'readings' | 'state'>,
  { meter, fromMs, toMs, count }: ArrivedReadings,
  month: Month,
): Promise<Cause[]> {
  const arrivals = await readings.history(meter, fromMs, toMs + 1)
  const range = monthRange(month)
  const isNear = ({ atMs }: { atMs: number }): boolean =>
    atMs >= range.fromMs - OVERHANG_MS && atMs <= range.toMs + OVERHANG_MS
  const fresh = arrivals.slice(-count)
  const near = fresh.some(isNear) ? arrivals.filter(isNear) : arrivals
  const counted = fresh.some(isNear) ? fresh.filter(isNear).length : count
  const oldestMs = fresh.reduce((ms, { receivedMs }) => Math.min(ms, receivedMs), Number.POSITIVE_INFINITY)
  return arrivalCauses(meter, { arrivals: near, count: counted }, await repairsOf(state, meter, oldestMs))
}

/**
 * Repaired rows of a meter since a time, less one minute of slack, since a store stamps no two batches with one time.
 */
async function repairsOf(state: StateStore, meter: string, sinceMs: number): Promise<RepairedReading[]> {
  if (!Number.isFinite(sinceMs)) return []
  const docs = await state.query(repairKey(), { after: repairKey(repairTime(sinceMs - REPAIR_SLACK_MS)) })
  return docs.flatMap(({ value: { id: repair, file, who, rows } }) =>
    rows.filter((row) => row.meter === meter).map(({ atMs, value }) => ({ repair, file, who, atMs, value })),
  )
}
const REPAIR_SLACK_MS = 60_000

/** The causes of a revised month of an area: changes below it, institutions or areas that came or left, an upgrade. */
export function areaCauses(revised: RevisedBelow, trail: Trail, month: Month): Cause[] {
  const moved = Object.values(trail)
    .flat()
    .flatMap((entry) => ('cause' in entry && entry.months.includes(month) ? [entry.cause] : []))
    .filter(({ kind }) => kind === 'institution' || kind === 'area' || kind === 'upgrade')
  const below = (revised[month] ?? []).map(
    ({ subject, number }): Cause => ({ kind: 'below', subject, revision: number }),
  )
  return [...below, ...moved]
}

/** The part of a trail that holds for the areas above as well: that another version judges. */
export function trailAbove(trail: Trail, area: string): Trail {
  const upgrades = Object.values(trail)
    .flat()
    .filter((entry) => 'cause' in entry && entry.cause.kind === 'upgrade')
  const months = [...new Set(upgrades.flatMap((entry) => entry.months))].sort()
  const [first] = upgrades
  return first && 'cause' in first ? { [area]: [{ cause: first.cause, months }] } : {}
}

/** By month: direct children of an area whose closed months changed since the area's own month was computed. */
export type RevisedBelow = Record<Month, { subject: string; number: number | null }[]>
const revisedKey = (area: string) => docKey<RevisedBelow>(`revised/${area}`)
/** Children named per month; this list only names them, their own revisions hold the details. */
const NAMED_MAX = 200

/**
 * Notes the changes below an area before they are written: a step that is killed and repeated finds no difference any
 * more.
 */
export async function noteRevised(
  state: StateStore,
  area: string,
  found: ReadonlyMap<string, RevisedMonths['revised']>,
): Promise<void> {
  const added = [...found].flatMap(([subject, own]) => own.map((one) => ({ subject, ...one })))
  if (added.length === 0) return
  for (let attempt = 1; ; attempt++) {
    const { value, version } = await revisedBelow(state, area)
    for (const { month, subject, number } of added) {
      const others = (value[month] ?? []).filter((one) => one.subject !== subject || one.number !== number)
      value[month] = [...others, { subject, number }].slice(0, NAMED_MAX)
    }
    try {
      return await state.put([{ key: revisedKey(area), value, ifVersion: version }], DERIVED)
    } catch (error) {
      // Another area below was revised at the same time.
      if (!(error instanceof VersionConflict) || attempt === ATTEMPTS) throw error
    }
  }
}
const ATTEMPTS = 5

/** The changes noted for an area, and the document that clears them, to be put with the area's own months. */
export async function revisedBelow(
  state: StateStore,
  area: string,
): Promise<{ value: RevisedBelow; version: number; cleared: DocWrite[] }> {
  const doc = await state.get(revisedKey(area))
  const isEmpty = Object.keys(doc?.value ?? {}).length === 0
  const cleared = doc && !isEmpty ? [{ key: revisedKey(area), value: {}, ifVersion: doc.version }] : []
  return { value: { ...doc?.value }, version: doc?.version ?? 0, cleared }
}
