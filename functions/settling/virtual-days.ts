// Computes the days of virtual meters from those of their parts and stores them beside these, so that readers of
// consumption need not know which meters are virtual. A day exists where one of the parts has a day; it is computed
// again whenever one of them changes.

import { dayOf } from '../../domain/calendar.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { virtualHours, virtualMeters } from '../../domain/registry/virtual-meter.ts'
import { type ConsumptionDay, type ConsumptionStore, type DocWrite, docKey, type StateStore } from '../platform.ts'
import type { ChangedDays } from './days.ts'

/** The formula behind the stored days, by virtual meter. */
export type VirtualMark = Record<string, string>
export const virtualKey = (shard: string) => docKey<VirtualMark>(`virtual/${shard}`)

/** Days read at once: with all parts some ten thousand rows of 24 hours. */
const DAYS_PER_LOAD = 400

/** Whether a shard has virtual meters whose days were made by an older formula, or never. */
export async function hasNewFormulas(state: StateStore, shard: string, meters: readonly Meter[]): Promise<boolean> {
  const own = virtualMeters(meters)
  if (own.length === 0) return false
  const mark = (await state.get(virtualKey(shard)))?.value ?? {}
  return own.some(({ id, formula }) => mark[id] !== JSON.stringify(formula))
}

/**
 * Makes the days of a shard's virtual meters that follow from `changed` (changed days by meter), and all days of those
 * whose formula is new. `meters`: the shard's. `reachOf`: first and last readings of an institution's meters. Adds the
 * days it put to `changed`. Returns the mark: the caller puts it with its own once everything that follows from the
 * days is safe.
 */
export async function putVirtualDays(
  { state, consumption }: { state: StateStore; consumption: ConsumptionStore },
  input: {
    shard: string
    meters: readonly Meter[]
    changed: ChangedDays
    reachOf: (institution: string) => readonly number[]
  },
): Promise<DocWrite[]> {
  const own = virtualMeters(input.meters)
  if (own.length === 0) return []
  const stored = await state.get(virtualKey(input.shard))
  const mark: VirtualMark = {}
  const { changed } = input
  // Each after its parts: a day put for one is a change for the next.
  for (const meter of own) {
    mark[meter.id] = JSON.stringify(meter.formula)
    const parts = meter.formula.map((part) => part.meter)
    const isNew = stored?.value[meter.id] !== mark[meter.id]
    const touched = isNew ? undefined : new Set(parts.flatMap((part) => [...(changed.get(part) ?? [])]))
    if (touched?.size === 0) continue
    const span = touched ? spanOf(touched) : wholeSpan(input.reachOf(meter.institution))
    const written = new Set<number>()
    for (const [fromDay, toDay] of loadsOf(span)) {
      const days = await madeDays(consumption, { meter, parts, fromDay, toDay, touched })
      await consumption.put(days)
      for (const { day } of days) written.add(day)
    }
    if (written.size > 0) changed.set(meter.id, written)
  }
  if (JSON.stringify(stored?.value) === JSON.stringify(mark)) return []
  return [{ key: virtualKey(input.shard), value: mark, ifVersion: stored?.version ?? 0 }]
}

type VirtualMeter = ReturnType<typeof virtualMeters>[number]

/** The days of one virtual meter in [fromDay, toDay) on which a part has one; only those touched, or all. */
async function madeDays(
  consumption: ConsumptionStore,
  given: {
    meter: VirtualMeter
    parts: string[]
    fromDay: number
    toDay: number
    touched: ReadonlySet<number> | undefined
  },
): Promise<ConsumptionDay[]> {
  const { meter, parts, fromDay, toDay, touched } = given
  const days = Map.groupBy(await consumption.get(parts, fromDay, toDay), ({ day }) => day)
  // A day stored under an old formula, with no part now, is made again too, with unknown hours.
  const stale = touched ? [] : (await consumption.get([meter.id], fromDay, toDay)).map(({ day }) => day)
  return [...new Set([...days.keys(), ...stale])]
    .filter((day) => touched === undefined || touched.has(day))
    .sort((a, b) => a - b)
    .map((day) => {
      const ofMeter = new Map(days.get(day)?.map((one) => [one.meter, one]))
      return { meter: meter.id, day, ...virtualHours(meter.formula, 24, (part) => ofMeter.get(part)), events: [] }
    })
}

function spanOf(days: ReadonlySet<number>): [fromDay: number, toDay: number] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const day of days) {
    first = Math.min(first, day)
    last = Math.max(last, day)
  }
  return [first, last + 1]
}

/** How far hours can lie outside the readings they come from: the longest interval of a meter, a month. */
const OUTSIDE_DAYS = 32

/** From the first to the last reading of the institution's meters, whatever the formula was before. */
function wholeSpan(readingsMs: readonly number[]): [fromDay: number, toDay: number] {
  if (readingsMs.length === 0) return [0, 0]
  return [dayOf(Math.min(...readingsMs)) - OUTSIDE_DAYS, dayOf(Math.max(...readingsMs)) + OUTSIDE_DAYS + 1]
}

function loadsOf([fromDay, toDay]: [number, number]): [fromDay: number, toDay: number][] {
  const loads: [number, number][] = []
  for (let day = fromDay; day < toDay; day += DAYS_PER_LOAD) loads.push([day, Math.min(toDay, day + DAYS_PER_LOAD)])
  return loads
}
