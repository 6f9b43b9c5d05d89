// Raw readings → consumption by hour and day, shard by shard. Only what arrived since the last time is looked at, and only
// the hours it can change are written; the mark moves last, so that a kill anywhere leaves work to do again, never undone.

import { createHash } from 'node:crypto'
import { onShards } from '#platform'
import { dayOf, dayStartMs, HOUR_MS, hourStart, monthOf } from '../domain/calendar.ts'
import {
  type HourSeries,
  type MeterProfile,
  planWindow,
  type Samples,
  settle as settleSamples,
} from '../domain/register.ts'
import { isRead, type Meter, type ReadMeter } from '../domain/registry.ts'
import { factorToAmount } from '../domain/unit.ts'
import { addDirtyMonths } from './dirty.ts'
import { type Reopening, readOverrides, readReopenings, reopenedKey, settledReopening, withOverrides } from './event-review.ts'
import { handlerOf } from './handler.ts'
import {
  type ConsumptionDay,
  type ConsumptionStore,
  DERIVED,
  type Doc,
  type DocWrite,
  NO_HOUR,
  type Platform,
  type ReadingStore,
  type ShardEvent,
  type ShardResult,
  type Touched,
} from './platform.ts'
import { registryReader } from './registry.ts'
import { inPasses } from './shard.ts'
import { hasNewFormulas, putVirtualDays } from './virtual-days.ts'

/** How far settled, per shard. */
export interface SettledMark {
  /** Mark of the reading store. */
  mark?: string
  /** First and last reading ever seen, by meter. */
  extents: Record<string, [firstMs: number, lastMs: number]>
  /** What each meter was settled by (`profileKey`). */
  profiles: Record<string, string>
}
export const settledKey = (shard: string): string => `settled/${shard}`

/** Readings loaded at once: about 100 MB while they are parted by meter, and as much for the next load. */
const ROWS_PER_LOAD = 2_000_000
/** How far hours can lie outside the readings they were made of: the longest interval of a meter, a month. */
const OUTSIDE_DAYS = 32
/** How far around the touched times to load at first, and then, where no sound anchor lies within. */
const REACHES_MS = [3 * HOUR_MS, 72 * HOUR_MS, Number.POSITIVE_INFINITY]

/** Shards that share each look at the stores: a province in two or three passes. */
const SHARDS_PER_PASS = 64

export function settle({ readings, consumption, state, fanOut }: Platform) {
  const registry = registryReader(state)

  async function settleShards(shards: readonly string[]): Promise<void> {
    const reopenings = await readReopenings(state)
    const overrides = await readOverrides(state)
    const standing = await Promise.all(
      shards.map(async (shard) => {
        const before = await state.get<SettledMark>(settledKey(shard))
        const all = withOverrides((await registry.shard(shard)).meters, overrides)
        const meters = all.filter(isRead)
        const hasNew = await hasNewFormulas(state, shard, all)
        return { shard, before, all, meters, hasNew, anew: new Set(unsettledMeters(meters, before?.value)) }
      }),
    )
    const works: ShardWork[] = []
    for (const [since, alike] of Map.groupBy(standing, ({ before }) => before?.value.mark)) {
      const ids = alike.flatMap(({ meters }) => meters.map(({ id }) => id))
      const { mark, touched } = await readings.touchedSince(ids, since)
      // Asked after the mark was taken: what comes in between is settled now, and looked at once more.
      const anew = since === undefined ? [] : alike.flatMap((one) => [...one.anew])
      const whole = anew.length > 0 ? (await readings.touchedSince(anew, undefined)).touched : []
      const touchedOf = new Map([...touched, ...whole].map((one) => [one.meter, one]))
      for (const one of alike) {
        const found = touchedOfShard(one, touchedOf)
        const reopened = one.meters.flatMap(({ id }) => reopenings.get(id) ?? [])
        works.push({ ...one, mark, ...found, reopened, dirty: new Map(), changedDays: new Map() })
      }
    }
    const touchedWorks = works.filter(
      ({ touched, anew, hasNew, reopened }) => touched.length > 0 || anew.size > 0 || hasNew || reopened.length > 0,
    )
    if (touchedWorks.length === 0) return
    const place = workplace(touchedWorks)
    await clearDays(touchedWorks, place)
    // By themselves: joined with what arrived, the hours in between would be settled for nothing.
    for (const round of reopenedRounds(touchedWorks)) await settleTouched(round, place)
    await settleTouched(
      touchedWorks.flatMap(({ touched }) => touched),
      place,
    )
    const virtualMarks: DocWrite[] = []
    for (const { shard, all, changedDays, extents } of touchedWorks) {
      const made = { shard, meters: all, changed: changedDays, extents: Object.fromEntries(extents) }
      const written = (meter: Meter, day: number): void => place.changed(meter.id, day)
      virtualMarks.push(...(await putVirtualDays({ state, consumption }, { ...made, written })))
    }
    for (const { shard, dirty } of touchedWorks) await addDirtyMonths(state, shard, dirty)
    const marks = touchedWorks.map(({ shard, before, mark, extents, meters }) => {
      const value: SettledMark = {
        mark,
        extents: Object.fromEntries(extents),
        profiles: profilesOf(meters, before?.value),
      }
      return { key: settledKey(shard), value, ifVersion: before?.version ?? 0 }
    })
    const done = touchedWorks.flatMap(({ reopened }) => reopened.map(settledReopening))
    await state.put([...marks, ...virtualMarks, ...done], DERIVED)
    await fanOut.send(
      'assess',
      touchedWorks.map(({ shard }) => shard),
    )
  }

  function workplace(works: readonly ShardWork[]): Workplace {
    const found = new Map(works.flatMap((work) => work.all.map((meter) => [meter.id, { meter, work }])))
    const of = (id: string) => found.get(id) as { meter: Meter; work: ShardWork }
    const months = new Map<number, string>()
    return {
      readings,
      consumption,
      meterOf: (id) => of(id).meter,
      extentOf: (id) => of(id).work.extents.get(id) as Extent,
      changed(id, day) {
        const { meter, work } = of(id)
        const month = months.get(day) ?? monthOf(dayStartMs(day))
        months.set(day, month)
        const days = work.changedDays.get(id)
        if (days) days.add(day)
        else work.changedDays.set(id, new Set([day]))
        const dirty = work.dirty.get(meter.institution)
        if (dirty) dirty.add(month)
        else work.dirty.set(meter.institution, new Set([month]))
      },
    }
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    return inPasses(shards.length > 0 ? shards : head.shards, SHARDS_PER_PASS, settleShards)
  })
}

export const handler = onShards('settle', settle)

interface ShardStanding {
  shard: string
  before: Doc<SettledMark> | undefined
  /** All meters of the shard, and those of them that are read. */
  all: readonly Meter[]
  meters: readonly ReadMeter[]
  /** Whether the days of a virtual meter must be made by another formula. */
  hasNew: boolean
  /** Those to settle from their first reading. */
  anew: ReadonlySet<string>
}
interface ShardWork extends ShardStanding {
  mark: string
  touched: Touched[]
  /** Reviews by which hours are settled anew. */
  reopened: Doc<Reopening[]>[]
  extents: ReadonlyMap<string, Extent>
  /** Months to judge anew, by institution. */
  dirty: Map<string, Set<string>>
  /** Days whose hours were written, by meter. */
  changedDays: Map<string, Set<number>>
}

/** What of a shard was touched, and how far its meters' readings reach now. */
function touchedOfShard({ before, meters, anew }: ShardStanding, touchedOf: ReadonlyMap<string, Touched>) {
  const touched = meters.map(({ id }) => touchedOf.get(id)).filter((one) => one !== undefined)
  const standing = new Map(Object.entries(before?.value.extents ?? {}))
  const extents = new Map<string, Extent>()
  for (const { id } of meters) {
    // A meter that has left and come back is one that is settled anew: what stood of it is forgotten here.
    const known = anew.has(id) ? undefined : standing.get(id)
    const now = touchedOf.get(id)
    if (known && now) extents.set(id, [Math.min(known[0], now.fromMs), Math.max(known[1], now.toMs)])
    else if (known) extents.set(id, known)
    else if (now) extents.set(id, [now.fromMs, now.toMs])
  }
  return { touched, extents }
}

/** What reviews touch, in rounds that hold each meter once: each window is patched into what the one before has put. */
function reopenedRounds(works: readonly ShardWork[]): Touched[][] {
  const rounds: Touched[][] = []
  for (const { reopened, extents, anew } of works) {
    for (const { key, value } of reopened) {
      const meter = key.slice(reopenedKey('').length)
      // One that is settled from its first reading is so by its overrides.
      if (anew.has(meter) || !extents.has(meter)) continue
      for (const [round, { fromMs, toMs }] of value.entries()) {
        rounds[round] ??= []
        rounds[round].push({ meter, fromMs, toMs, count: 0 })
      }
    }
  }
  return rounds
}

/**
 * Meters of a shard that must be settled from their first reading: registered or moved here since the last time, or
 * described otherwise, e.g. by a replacement that was entered late. The mark says nothing of them.
 */
export function unsettledMeters(meters: readonly Meter[], settled: SettledMark | undefined): string[] {
  const profiles = new Map(Object.entries(settled?.profiles ?? {}))
  return meters.filter((meter) => profiles.get(meter.id) !== profileKey(meter)).map(({ id }) => id)
}

/** By what each meter is settled now. What stands is kept where it still says so: a shard has thousands of meters. */
function profilesOf(meters: readonly Meter[], settled: SettledMark | undefined): SettledMark['profiles'] {
  if (
    settled &&
    Object.keys(settled.profiles).length === meters.length &&
    unsettledMeters(meters, settled).length === 0
  )
    return settled.profiles
  return Object.fromEntries(meters.map((meter) => [meter.id, profileKey(meter)]))
}

const PROFILE_CHARS = 12
const profileKeys = new WeakMap<Meter, string>()

/** A short text that changes with anything registered that decides what a meter's readings mean. */
function profileKey(meter: Meter): string {
  const known = profileKeys.get(meter)
  if (known) return known
  const { medium, unit, kind, resolution, digits, multiplier, intervalMinutes, stamp, replacements } = meter
  const profile = [medium, unit, kind, resolution, digits, multiplier, intervalMinutes, stamp, replacements]
  const key = createHash('sha256').update(JSON.stringify(profile)).digest('base64url').slice(0, PROFILE_CHARS)
  profileKeys.set(meter, key)
  return key
}

type Extent = [firstMs: number, lastMs: number]

interface Workplace {
  readings: ReadingStore
  consumption: ConsumptionStore
  meterOf(id: string): Meter
  extentOf(id: string): Extent
  changed(id: string, day: number): void
}

/** Empties the days of meters that are settled anew: by what they were, hours may stand where now there are none. */
async function clearDays(works: readonly ShardWork[], { consumption, changed }: Workplace): Promise<void> {
  for (const { before, touched, anew } of works) {
    if (before?.value.mark === undefined) continue
    for (const { meter, fromMs, toMs } of touched.filter((one) => anew.has(one.meter))) {
      const days = await consumption.get([meter], dayOf(fromMs) - OUTSIDE_DAYS, dayOf(toMs) + OUTSIDE_DAYS + 1)
      await consumption.put(days.map(({ day }) => emptyDay(meter, day)))
      for (const { day } of days) changed(meter, day)
    }
  }
}

/** Settles what was touched; meters whose anchors lie farther away go round again with a longer reach. */
async function settleTouched(touched: readonly Touched[], place: Workplace): Promise<void> {
  let waiting = [...touched]
  for (const reachMs of REACHES_MS) {
    const farther: Touched[] = []
    for await (const load of filled(loadsOf(waiting, reachMs, place), place.readings)) {
      farther.push(...(await settleLoad(load, place)))
    }
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

type FilledLoad = Load & { samplesOf: ReadonlyMap<string, Samples> }

/** The loads with their samples; the next one is read while one is being settled. */
async function* filled(loads: readonly Load[], readings: ReadingStore): AsyncGenerator<FilledLoad> {
  const read = (load: Load | undefined) =>
    load &&
    readings.range(
      load.touched.map(({ meter }) => meter),
      load.fromMs,
      load.toMs,
    )
  let ahead = read(loads[0])
  for (const [index, load] of loads.entries()) {
    const samplesOf = (await ahead) ?? new Map<string, Samples>()
    ahead = read(loads[index + 1])
    // Awaited in its turn, unless settling this one throws: then nobody asks any more.
    ahead?.catch(() => undefined)
    yield { ...load, samplesOf }
  }
}

/** Settles the meters of one load; returns those for which it did not reach far enough. */
async function settleLoad(load: FilledLoad, place: Workplace): Promise<Touched[]> {
  const { consumption, meterOf, extentOf, changed } = place
  const farther: Touched[] = []
  const windows: SettledWindow[] = []
  for (const one of load.touched) {
    const samples = load.samplesOf.get(one.meter) ?? { atMs: new Float64Array(), value: new Float64Array() }
    const [firstMs, lastMs] = extentOf(one.meter)
    const edge = { reachesStart: load.fromMs <= firstMs, reachesEnd: load.toMs > lastMs }
    const window = settleWindow(meterOf(one.meter), samples, one, edge)
    if (window) windows.push(window)
    else farther.push(one)
  }
  const days = await patchedDays(windows, consumption)
  await consumption.put(days)
  for (const { meter, day } of days) changed(meter, day)
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
  const series = settleSamples(profile, samples, plan)
  if (profile.kind === 'interval') return { meter: meter.id, fromMs: plan.fromMs, toMs: plan.toMs, series }
  // A first or last reading that was taken back as suspect leaves hours behind that the series has no longer.
  return {
    meter: meter.id,
    fromMs: plan.opensSeries ? Math.min(plan.fromMs, hourStart(touched.fromMs)) : plan.fromMs,
    toMs: plan.closesSeries ? Math.max(plan.toMs, hourStart(touched.toMs) + HOUR_MS) : plan.toMs,
    series,
  }
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
