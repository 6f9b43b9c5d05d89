// Detects clocks that jumped, once an hour and county (`clocks` of functions/triggers.ts), where readings came out of
// order or after a leap. Stores each jump as an event: the order of arrival is history, like an alert, and rebuilding
// neither needs nor touches it.

import { DAY_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { isRead, type Meter, type ReadMeter } from '../../domain/registry/records.ts'
import { CLOCK_JUMP_MS_MIN, type ClockJump, clockJumps } from '../../domain/settle/clock-jump.ts'
import { intoRegisterUnit } from '../../domain/wire/sent-unit.ts'
import { DERIVED, docKey, type Platform, type Touched } from '../platform.ts'
import { isDue } from '../state/due.ts'
import { schedules } from '../triggers.ts'
import { extentsOf, settledKey } from './mark.ts'

const JUMPS_KEY = docKey<ClockJumpRecord>('clock-jump/')
const clockJumpKey = (meter: string, atMs?: number) => docKey<ClockJumpRecord>(`${JUMPS_KEY}${meter}/${atMs ?? ''}`)
export interface ClockJumpRecord {
  meter: string
  event: ClockJump
}

/** Jumps of meters that begin in [fromMs, toMs). Few meters have any, so one query reads those of many meters. */
export async function clockJumpsOf(
  state: Platform['state'],
  meters: readonly Pick<Meter, 'id'>[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<ClockJumpRecord[]> {
  const own = new Set(meters.map(({ id }) => id))
  const [only] = meters
  const docs = await state.query(meters.length === 1 && only ? clockJumpKey(only.id) : JUMPS_KEY)
  return docs
    .map(({ value }) => value)
    .filter(({ meter, event }) => own.has(meter) && event.atMs >= fromMs && event.atMs < toMs)
}

/** Range of readings to load around new ones: three receipts of a gateway that sends once a day, and a day more. */
const REACH_MS = 4 * DAY_MS
/**
 * Meters checked in one look: about two seconds. Where more came out of order, a county had an outage, not a hundred
 * clocks.
 */
const LOOKED_AT_MAX = 500

/** How far a county was checked. */
interface ClockLook {
  atMs: number
  /** Mark of the reading store. */
  mark: string
  /** Latest reading by meter. */
  lastMs: Record<string, number>
  /** Meters checked last time, and from where: the receipts that prove a jump may have arrived since. */
  again: Record<string, number>
}
export const clockLookKey = (shard: string) => docKey<ClockLook>(`clock-look/${shard}`)

/** Does nothing until the county's next look is due. The first look only records where settling stands. */
export async function lookAtClocks(
  { readings, state }: Pick<Platform, 'readings' | 'state'>,
  { shard, meters, nowMs }: { shard: string; meters: readonly Meter[]; nowMs: number },
): Promise<void> {
  const before = await state.get(clockLookKey(shard))
  if (!before) {
    const settled = (await state.get(settledKey(shard)))?.value
    if (!settled) return
    const lastMs = Object.fromEntries([...extentsOf(settled)].map(([id, [, last]]) => [id, last]))
    const value: ClockLook = { atMs: nowMs, mark: settled.mark, lastMs, again: {} }
    await state.put([{ key: clockLookKey(shard), value, ifVersion: 0 }], DERIVED)
    return
  }
  const look = before.value
  if (!isDue(schedules.clocks, { lastMs: look.atMs, nowMs })) return
  const read = meters.filter(isRead)
  const { mark, touched } = await readings.touchedSince(
    read.map(({ id }) => id),
    look.mark,
  )
  const suspects = suspectsAmong(read, touched, look)
  for (const { meter, fromMs, toMs } of suspects) await keepJumps({ readings, state }, meter, fromMs, toMs)
  const lastMs = new Map(Object.entries(look.lastMs))
  for (const { meter, toMs } of touched) lastMs.set(meter, Math.max(toMs, lastMs.get(meter) ?? toMs))
  const again = Object.fromEntries(suspects.filter(({ isNew }) => isNew).map(({ meter, fromMs }) => [meter.id, fromMs]))
  const value: ClockLook = { atMs: nowMs, mark, lastMs: Object.fromEntries(lastMs), again }
  await state.put([{ key: clockLookKey(shard), value, ifVersion: before.version }], DERIVED)
}

interface Suspect {
  meter: ReadMeter
  fromMs: number
  toMs: number
  isNew: boolean
}

/** Meters whose readings went back or leapt, one of each gateway first: usually the clock is the gateway's. */
function suspectsAmong(meters: readonly ReadMeter[], touched: readonly Touched[], look: ClockLook): Suspect[] {
  const [lastMs, again] = [new Map(Object.entries(look.lastMs)), new Map(Object.entries(look.again))]
  const touchedOf = new Map(touched.map((one) => [one.meter, one]))
  const suspects = meters.flatMap((meter): Suspect[] => {
    const now = touchedOf.get(meter.id)
    const last = lastMs.get(meter.id)
    if (!now || last === undefined) return []
    const stepMs = meter.intervalMinutes * MINUTE_MS
    const isNew = now.fromMs < last || now.fromMs > last + stepMs + CLOCK_JUMP_MS_MIN
    const sinceMs = again.get(meter.id)
    if (!isNew && sinceMs === undefined) return []
    return [{ meter, isNew, fromMs: Math.min(now.fromMs, last, sinceMs ?? last), toMs: Math.max(now.toMs, last) }]
  })
  const firsts = new Set([...new Map(suspects.map((one) => [one.meter.gateway, one])).values()])
  return [...firsts, ...suspects.filter((one) => !firsts.has(one))].slice(0, LOOKED_AT_MAX)
}

/** Stores the new jumps of a meter. Readings marked `suspect` were withdrawn and are ignored. */
async function keepJumps(
  { readings, state }: Pick<Platform, 'readings' | 'state'>,
  meter: ReadMeter,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const { id, kind } = meter
  const into = intoRegisterUnit(meter)
  const arrivals = (await readings.history(id, fromMs - REACH_MS, toMs + 1)).flatMap((one) => {
    const value = one.unit === undefined ? one.value : into(one.atMs, one.value, one.unit)
    return one.quality === 'suspect' || value === undefined ? [] : [{ ...one, value }]
  })
  const jumps = clockJumps(arrivals, kind)
  const known = new Set((await state.getMany(jumps.map(({ atMs }) => clockJumpKey(id, atMs)))).map(({ key }) => key))
  const fresh = jumps.filter(({ atMs }) => !known.has(clockJumpKey(id, atMs)))
  await state.put(
    fresh.map((event) => ({
      key: clockJumpKey(id, event.atMs),
      value: { meter: id, event } satisfies ClockJumpRecord,
    })),
  )
}
