// Raw readings → consumption by hour and day, shard by shard. Only what arrived since the last time is looked at, and only
// the hours it can change are written; the mark moves last, so that a kill anywhere leaves work to do again, never undone.

import { platform } from '#platform'
import { dayOf, dayStartMs, HOUR_MS, monthOf } from '../domain/calendar.ts'
import {
  type HourSeries,
  type MeterProfile,
  planWindow,
  type Samples,
  settle as settleSamples,
} from '../domain/register.ts'
import { isRead, type Meter } from '../domain/registry.ts'
import { factorToAmount } from '../domain/unit.ts'
import { addDirtyMonths } from './dirty.ts'
import { handlerOf } from './handler.ts'
import {
  type ConsumptionDay,
  type ConsumptionStore,
  NO_HOUR,
  type Platform,
  type ReadingStore,
  type ShardEvent,
  type ShardResult,
  type Touched,
} from './platform.ts'
import { registryReader } from './registry.ts'
import { eachShard } from './shard.ts'
import { hasNewFormulas, putVirtualDays } from './virtual-days.ts'

/** How far settled, per shard. */
export interface SettledMark {
  /** Mark of the reading store. */
  mark?: string
  /** First and last reading ever seen, by meter. */
  extents: Record<string, [firstMs: number, lastMs: number]>
}
export const settledKey = (shard: string): string => `settled/${shard}`

/** Readings loaded at once: about 100 MB while they are parted by meter. */
const ROWS_PER_LOAD = 2_000_000
/** How far around the touched times to load at first, and then, where no sound anchor lies within. */
const REACHES_MS = [3 * HOUR_MS, 72 * HOUR_MS, Number.POSITIVE_INFINITY]

export function settle({ readings, consumption, state, fanOut }: Platform) {
  const registry = registryReader(state)

  async function settleShard(shard: string): Promise<void> {
    const { meters } = await registry.shard(shard)
    const byId = new Map(meters.filter(isRead).map((meter) => [meter.id, meter]))
    const before = await state.get<SettledMark>(settledKey(shard))
    const { mark, touched } = await readings.touchedSince([...byId.keys()], before?.value.mark)
    if (touched.length === 0 && !(await hasNewFormulas(state, shard, meters))) return
    const extents = { ...before?.value.extents }
    for (const { meter, fromMs, toMs } of touched) {
      const known = extents[meter]
      extents[meter] = known ? [Math.min(known[0], fromMs), Math.max(known[1], toMs)] : [fromMs, toMs]
    }
    const dirty = new Map<string, Set<string>>()
    const changedDays = new Map<string, Set<number>>()
    const changed = (meter: Meter, day: number): void => {
      const months = dirty.get(meter.institution) ?? new Set()
      dirty.set(meter.institution, months.add(monthOf(dayStartMs(day))))
      changedDays.set(meter.id, (changedDays.get(meter.id) ?? new Set()).add(day))
    }
    await settleTouched(touched, {
      readings,
      consumption,
      meterOf: (id) => byId.get(id) as Meter,
      extentOf: (id) => extents[id],
      changed,
    })
    const made = { shard, meters, changed: changedDays, extents, written: changed }
    const virtualMark = await putVirtualDays({ state, consumption }, made)
    await addDirtyMonths(state, shard, dirty)
    const value: SettledMark = { mark, extents }
    await state.put([{ key: settledKey(shard), value, ifVersion: before?.version ?? 0 }, ...virtualMark])
    await fanOut.send('assess', [shard])
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    return eachShard(shards.length > 0 ? shards : head.shards, settleShard)
  })
}

export const handler = settle(platform())

interface Workplace {
  readings: ReadingStore
  consumption: ConsumptionStore
  meterOf(id: string): Meter
  extentOf(id: string): [firstMs: number, lastMs: number]
  changed(meter: Meter, day: number): void
}

/** Settles what was touched; meters whose anchors lie farther away go round again with a longer reach. */
async function settleTouched(touched: readonly Touched[], place: Workplace): Promise<void> {
  let waiting = [...touched]
  for (const reachMs of REACHES_MS) {
    const farther: Touched[] = []
    for (const load of loadsOf(waiting, reachMs, place)) farther.push(...(await settleLoad(load, place)))
    waiting = farther
  }
  if (waiting.length > 0)
    throw new Error(`no window found for meter "${waiting[0].meter}" with all of its readings at hand`)
}

interface Load {
  touched: Touched[]
  fromMs: number
  toMs: number
}

/** Parts the meters so that each load asks for one range of time that suits all its meters. */
function loadsOf(touched: readonly Touched[], reachMs: number, { meterOf, extentOf }: Workplace): Load[] {
  const loads: Load[] = []
  let rows = 0
  for (const one of [...touched].sort((a, b) => a.fromMs - b.fromMs)) {
    const [firstMs, lastMs] = extentOf(one.meter)
    const fromMs = Math.max(one.fromMs - reachMs, firstMs)
    const toMs = Math.min(one.toMs + reachMs, lastMs) + 1
    const lengthMs = toMs - fromMs
    const ownRows = Math.max(one.count, lengthMs / (meterOf(one.meter).intervalMinutes * 60_000))
    const load = loads.at(-1)
    const joinedMs = load ? Math.max(load.toMs, toMs) - Math.min(load.fromMs, fromMs) : 0
    if (load && rows + ownRows <= ROWS_PER_LOAD && joinedMs <= 2 * lengthMs + 24 * HOUR_MS) {
      load.touched.push(one)
      load.fromMs = Math.min(load.fromMs, fromMs)
      load.toMs = Math.max(load.toMs, toMs)
      rows += ownRows
    } else {
      loads.push({ touched: [one], fromMs, toMs })
      rows = ownRows
    }
  }
  return loads
}

/** Settles the meters of one load; returns those for which it did not reach far enough. */
async function settleLoad(load: Load, place: Workplace): Promise<Touched[]> {
  const { readings, consumption, meterOf, extentOf, changed } = place
  const samplesOf = await readings.range(
    load.touched.map(({ meter }) => meter),
    load.fromMs,
    load.toMs,
  )
  const farther: Touched[] = []
  const windows: SettledWindow[] = []
  for (const one of load.touched) {
    const samples = samplesOf.get(one.meter) ?? { atMs: new Float64Array(), value: new Float64Array() }
    const [firstMs, lastMs] = extentOf(one.meter)
    const edge = { reachesStart: load.fromMs <= firstMs, reachesEnd: load.toMs > lastMs }
    const window = settleWindow(meterOf(one.meter), samples, one, edge)
    if (window) windows.push(window)
    else farther.push(one)
  }
  const days = await patchedDays(windows, consumption)
  await consumption.put(days)
  for (const { meter, day } of days) changed(meterOf(meter), day)
  return farther
}

interface SettledWindow {
  meter: string
  fromMs: number
  toMs: number
  series: HourSeries
}

/** The hours that the touched readings can change, settled anew; undefined when an anchor lies outside what was loaded. */
function settleWindow(
  meter: Meter,
  samples: Samples,
  touched: { fromMs: number; toMs: number },
  edge: { reachesStart: boolean; reachesEnd: boolean },
): SettledWindow | undefined {
  const profile = profileOf(meter)
  const plan = planWindow(profile, samples, touched, edge)
  if ('more' in plan) return undefined
  return { meter: meter.id, fromMs: plan.fromMs, toMs: plan.toMs, series: settleSamples(profile, samples, plan) }
}

function profileOf(meter: Meter): MeterProfile {
  const factor = factorToAmount(meter.unit, meter.medium)
  if (factor === undefined)
    throw new Error(`meter "${meter.id}": unit "${meter.unit}" does not measure ${meter.medium}`)
  if (!isRead(meter)) throw new Error(`meter "${meter.id}" is ${meter.kind} and has no readings to settle`)
  return { ...meter, factor }
}

/** The days that the windows reach into: what stood outside the window stays, what lies inside is replaced. */
async function patchedDays(
  windows: readonly SettledWindow[],
  consumption: ConsumptionStore,
): Promise<ConsumptionDay[]> {
  const standing = await standingDays(windows, consumption)
  return windows.flatMap(({ meter, fromMs, toMs, series }) => {
    const days: ConsumptionDay[] = []
    for (let day = dayOf(fromMs); dayStartMs(day) < toMs; day++) {
      const patched = standing.get(`${day}/${meter}`) ?? emptyDay(meter, day)
      const startMs = dayStartMs(day)
      const first = Math.max(0, (fromMs - startMs) / HOUR_MS)
      const end = Math.min(24, (toMs - startMs) / HOUR_MS)
      for (let hour = first; hour < end; hour++) {
        const index = (startMs + hour * HOUR_MS - series.firstHourMs) / HOUR_MS
        const known = index >= 0 && index < series.flags.length
        patched.amounts[hour] = known ? series.amounts[index] : Number.NaN
        patched.flags[hour] = known ? series.flags[index] : NO_HOUR
      }
      const hourOf = (atMs: number): number => Math.floor((atMs - startMs) / HOUR_MS)
      const outside = patched.events.filter(({ atMs }) => hourOf(atMs) < first || hourOf(atMs) >= end)
      const inside = series.events.filter(({ atMs }) => hourOf(atMs) >= first && hourOf(atMs) < end)
      patched.events = [...outside, ...inside].sort((a, b) => a.atMs - b.atMs)
      days.push(patched)
    }
    return days
  })
}

/** What stands already on the days that a window covers in part: its first and its last. */
async function standingDays(windows: readonly SettledWindow[], consumption: ConsumptionStore) {
  const metersOfDay = new Map<number, string[]>()
  for (const { meter, fromMs, toMs } of windows) {
    for (const day of new Set([dayOf(fromMs), dayOf(toMs - 1)])) {
      const meters = metersOfDay.get(day)
      if (meters) meters.push(meter)
      else metersOfDay.set(day, [meter])
    }
  }
  const standing = new Map<string, Writable<ConsumptionDay>>()
  for (const [day, meters] of metersOfDay) {
    for (const found of await consumption.get(meters, day, day + 1)) standing.set(`${day}/${found.meter}`, found)
  }
  return standing
}
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const emptyDay = (meter: string, day: number): Writable<ConsumptionDay> => ({
  meter,
  day,
  amounts: new Float64Array(24).fill(Number.NaN),
  flags: new Uint8Array(24).fill(NO_HOUR),
  events: [],
})
