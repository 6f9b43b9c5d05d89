// Detects stuck registers on request: searches the hours of a range for standstills, and reads the weeks around only
// for meters that have one. Stores nothing, so nothing can differ from the hours.

import { dayOf, dayStartMs } from '../../domain/calendar.ts'
import { isRead, type Meter } from '../../domain/registry/records.ts'
import {
  type AmountHours,
  STUCK_HOURS_MIN,
  STUCK_REACH,
  type StuckRegister,
  standstills,
  stuckRegisters,
} from '../../domain/settle/stuck.ts'
import type { ConsumptionDay, ConsumptionStore } from '../platform.ts'

interface TimeRange {
  fromMs: number
  toMs: number
}

/** Standstills that begin in a range and last, by meter; the hours reach one hour before it. */
export function standstillsOf(
  hours: ReadonlyMap<string, AmountHours>,
  meters: readonly Meter[],
  range: TimeRange,
): Map<Meter, number[]> {
  const found = new Map<Meter, number[]>()
  for (const meter of meters.filter(isRead)) {
    const own = hours.get(meter.id)
    const starts = own ? standstills(own, range) : []
    if (starts.length > 0) found.set(meter, starts)
  }
  return found
}

/** The standstills that are stuck registers, by meter. */
export async function stuckAmong(
  consumption: ConsumptionStore,
  found: ReadonlyMap<Meter, readonly number[]>,
): Promise<Map<string, StuckRegister[]>> {
  const stuck = new Map<string, StuckRegister[]>()
  for (const [{ id, medium }, starts] of found) {
    const range = { fromMs: Math.min(...starts), toMs: Math.max(...starts) + 1 }
    const [fromDay, toDay] = [dayOf(range.fromMs - STUCK_REACH.beforeMs), dayOf(range.toMs + STUCK_REACH.afterMs) + 1]
    const events = stuckRegisters(hoursOf(await consumption.get([id], fromDay, toDay)), range, medium)
    if (events.length > 0) stuck.set(id, events)
  }
  return stuck
}

/** Stuck registers of meters that begin in a range, by meter. */
export async function stuckOf(
  consumption: ConsumptionStore,
  meters: readonly Meter[],
  range: TimeRange,
): Promise<Map<string, StuckRegister[]>> {
  const ids = meters.filter(isRead).map(({ id }) => id)
  const days = await consumption.get(ids, dayOf(range.fromMs) - 1, dayOf(range.toMs) + STUCK_HOURS_MIN / 24 + 1)
  const hours = new Map([...Map.groupBy(days, ({ meter }) => meter)].map(([id, own]) => [id, hoursOf(own)]))
  return stuckAmong(consumption, standstillsOf(hours, meters, range))
}

/** Consecutive hours of one meter from its days, which are in order. */
function hoursOf(days: readonly ConsumptionDay[]): AmountHours {
  const first = days.at(0)?.day ?? 0
  const last = days.at(-1)?.day ?? first - 1
  const amounts = new Float64Array((last - first + 1) * 24).fill(Number.NaN)
  for (const one of days) amounts.set(one.amounts, (one.day - first) * 24)
  return { firstHourMs: dayStartMs(first), amounts }
}
