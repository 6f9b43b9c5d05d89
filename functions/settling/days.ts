// Settles touched readings into days, meter by meter: loads the readings around what was touched, settles the hours
// these can change and patches their days. Used by settling, and to show hours before they are settled.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { dayOf, dayStartMs, HOUR_MS, hourStart, MINUTE_MS } from '../../domain/calendar.ts'
import { NO_HOUR } from '../../domain/hours.ts'
import type { Meter, ReadMeter } from '../../domain/registry/records.ts'
import {
  type DatedRegister,
  datedProfile,
  datedRegisterOf,
  inFirstUnit,
  inHourScales,
} from '../../domain/settle/dated-register.ts'
import type { HourSeries, MeterProfile, Samples } from '../../domain/settle/series.ts'
import { planWindow, settleSamples } from '../../domain/settle/settle.ts'
import { factorToAmount } from '../../domain/unit.ts'
import type { ConsumptionDay, ConsumptionStore, ReadingStore, Touched } from '../platform.ts'
import type { OverriddenMeter } from './review.ts'

export type Extent = readonly [firstMs: number, lastMs: number]

/** A meter with new readings. */
export interface MeterWork {
  meter: ReadMeter & OverriddenMeter
  touched: Touched
  /** Its first and last reading ever. */
  extent: Extent
  /** Hours stored under an earlier profile may exist and must be cleared first. */
  clears: boolean
}

/** Days by meter whose hours were written. */
export type ChangedDays = Map<string, Set<number>>

interface Stores {
  readings: Pick<ReadingStore, 'range'>
  consumption: ConsumptionStore
}

/** Readings loaded at once: about 100 MB while they are grouped by meter, and as much for the next load. */
const ROWS_PER_LOAD = 2_000_000
/** Meters and samples settled before the event loop gets a turn: about 5 ms of work, and short-lived garbage. */
const METERS_PER_TURN = 256
const SAMPLES_PER_TURN = 20_000
/** Days per put: enough that a year of many meters touches each page of the store only a few times. */
const DAYS_PER_PUT = 10_000
/** How far hours can lie outside the readings they come from: the longest interval of a meter, a month. */
const OUTSIDE_DAYS = 32
/** How far around the touched times to load at first, and then, when no sound anchor lies within. */
const REACHES: readonly ((meter: ReadMeter) => number)[] = [
  nearMs,
  (meter) => 30 * nearMs(meter),
  () => Number.POSITIVE_INFINITY,
]

/**
 * planWindow needs two readings beyond the touched ones, the start of the second one's hour, a reading before that and
 * its neighbour: an hour and four intervals when readings are punctual, one interval more when not.
 */
function nearMs({ intervalMinutes }: ReadMeter): number {
  return HOUR_MS + 5 * intervalMinutes * MINUTE_MS
}

/**
 * Settles the touched readings, so that the store holds the same bytes as if all readings were settled at once. Reads
 * before it writes, meter by meter: repeated after a kill, it ends the same. Throws for a meter that cannot be settled.
 */
export async function settleMeters(works: readonly MeterWork[], stores: Stores): Promise<ChangedDays> {
  const changed: ChangedDays = new Map()
  const put = async (days: readonly ConsumptionDay[]): Promise<void> => {
    await stores.consumption.put(days)
    for (const { meter, day } of days) {
      const own = changed.get(meter)
      if (own) own.add(day)
      else changed.set(meter, new Set([day]))
    }
  }
  for (const { meter, touched } of works.filter(({ clears }) => clears)) {
    const [fromDay, toDay] = [dayOf(touched.fromMs) - OUTSIDE_DAYS, dayOf(touched.toMs) + OUTSIDE_DAYS + 1]
    const days = await stores.consumption.get([meter.id], fromDay, toDay)
    await put(days.map(({ day }) => emptyDay(meter.id, day)))
  }
  // Meters whose anchors lie farther away go round again with a longer reach.
  let waiting = [...works]
  for (const reach of REACHES) {
    const farther: MeterWork[] = []
    for await (const load of filled(loadsOf(waiting, reach), stores.readings)) {
      farther.push(...(await settleLoad(load, stores.consumption, put)))
    }
    waiting = farther
  }
  if (waiting.length > 0)
    throw new Error(`no window found for meter "${waiting[0]?.meter.id}" with all of its readings at hand`)
  return changed
}

interface Load {
  works: MeterWork[]
  fromMs: number
  toMs: number
}

/** Groups the meters so that each load reads one range of time that suits all its meters. */
function loadsOf(works: readonly MeterWork[], reach: (meter: ReadMeter) => number): Load[] {
  const loads: Load[] = []
  let rows = 0
  for (const work of works.toSorted((a, b) => a.touched.fromMs - b.touched.fromMs)) {
    const { meter, touched, extent } = work
    const reachMs = reach(meter)
    const fromMs = Math.max(touched.fromMs - reachMs, extent[0])
    const toMs = Math.min(touched.toMs + reachMs, extent[1]) + 1
    const lengthMs = toMs - fromMs
    const ownRows = Math.max(touched.count, lengthMs / (meter.intervalMinutes * MINUTE_MS))
    const load = loads.at(-1)
    const joinedMs = load ? Math.max(load.toMs, toMs) - Math.min(load.fromMs, fromMs) : 0
    if (load && rows + ownRows <= ROWS_PER_LOAD && joinedMs <= 2 * lengthMs + 24 * HOUR_MS) {
      load.works.push(work)
      load.fromMs = Math.min(load.fromMs, fromMs)
      load.toMs = Math.max(load.toMs, toMs)
      rows += ownRows
    } else {
      loads.push({ works: [work], fromMs, toMs })
      rows = ownRows
    }
  }
  return loads
}

type FilledLoad = Load & { samplesOf: ReadonlyMap<string, Samples> }

/** The loads with their samples; reads the next one while one is being settled. */
async function* filled(loads: readonly Load[], readings: Stores['readings']): AsyncGenerator<FilledLoad> {
  const read = (load: Load | undefined) =>
    load &&
    readings.range(
      load.works.map(({ meter }) => meter.id),
      load.fromMs,
      load.toMs,
    )
  let ahead = read(loads[0])
  for (const [index, load] of loads.entries()) {
    const samplesOf = (await ahead) ?? new Map<string, Samples>()
    ahead = read(loads[index + 1])
    // Awaited in its turn, unless settling this one throws: then nobody awaits it.
    ahead?.catch(() => undefined)
    yield { ...load, samplesOf }
  }
}

const NO_SAMPLES: Samples = { atMs: new Float64Array(), value: new Float64Array() }

/** Settles the meters of one load; returns those for which it did not reach far enough. */
async function settleLoad(
  { works, samplesOf, fromMs, toMs }: FilledLoad,
  consumption: ConsumptionStore,
  put: (days: readonly ConsumptionDay[]) => Promise<void>,
): Promise<MeterWork[]> {
  const farther: MeterWork[] = []
  let days: ConsumptionDay[] = []
  for (let first = 0; first < works.length; await nextTurn()) {
    const windows: SettledWindow[] = []
    for (let count = 0; first < works.length && count < SAMPLES_PER_TURN && windows.length < METERS_PER_TURN; first++) {
      const work = works[first] as MeterWork // first < works.length
      const samples = samplesIn(work.meter, samplesOf.get(work.meter.id))
      const edge = { reachesStart: fromMs <= work.extent[0], reachesEnd: toMs > work.extent[1] }
      const window = settleWindow(work.meter, samples, work.touched, edge)
      if (window) windows.push(window)
      else farther.push(work)
      count += samples.atMs.length
    }
    for (const day of await patchedDays(windows, consumption)) days.push(day)
    if (days.length < DAYS_PER_PUT && first < works.length) continue
    await put(days)
    days = []
  }
  return farther
}

interface SettledWindow {
  meter: string
  fromMs: number
  toMs: number
  series: HourSeries
}

/** Settles the hours that the touched readings can change; undefined when an anchor lies outside the loaded range. */
function settleWindow(
  meter: ReadMeter & OverriddenMeter,
  samples: Samples,
  touched: { fromMs: number; toMs: number },
  edge: { reachesStart: boolean; reachesEnd: boolean },
): SettledWindow | undefined {
  const profile = profileOf(meter)
  const plan = planWindow(profile, samples, touched, edge)
  if ('more' in plan) return undefined
  const series = hoursOf(meter, settleSamples(profile, samples, plan))
  if (profile.kind === 'interval') return { meter: meter.id, fromMs: plan.fromMs, toMs: plan.toMs, series }
  // When a first or last reading was withdrawn as suspect, stored hours remain that the series no longer has.
  return {
    meter: meter.id,
    fromMs: plan.opensSeries ? Math.min(plan.fromMs, hourStart(touched.fromMs)) : plan.fromMs,
    toMs: plan.closesSeries ? Math.max(plan.toMs, hourStart(touched.toMs) + HOUR_MS) : plan.toMs,
    series,
  }
}

const registers = new WeakMap<Meter, { register: DatedRegister | undefined }>()
/** The scales of a meter that changed by date, kept with its record. */
function registerOf(meter: ReadMeter & OverriddenMeter): DatedRegister | undefined {
  const known = registers.get(meter) ?? { register: datedRegisterOf(meter) }
  registers.set(meter, known)
  return known.register
}

function samplesIn(meter: ReadMeter & OverriddenMeter, samples: Samples = NO_SAMPLES): Samples {
  const register = registerOf(meter)
  return register ? inFirstUnit(samples, register) : samples
}

function hoursOf(meter: ReadMeter & OverriddenMeter, series: HourSeries): HourSeries {
  const register = registerOf(meter)
  return register ? inHourScales(series, register) : series
}

/** Throws an Error when the unit of a meter does not measure its medium. */
function profileOf(meter: ReadMeter & OverriddenMeter): MeterProfile {
  const factor = factorToAmount(meter.unit, meter.medium)
  if (factor === undefined)
    throw new Error(`meter "${meter.id}": unit "${meter.unit}" does not measure ${meter.medium}`)
  const register = registerOf(meter)
  return register ? datedProfile({ ...meter, factor }, meter, register) : { ...meter, factor }
}

/** The days that the windows overlap: hours inside a window are replaced, the others stay. */
async function patchedDays(
  windows: readonly SettledWindow[],
  consumption: ConsumptionStore,
): Promise<ConsumptionDay[]> {
  const stored = await storedDays(windows, consumption)
  return windows.flatMap(({ meter, fromMs, toMs, series }) => {
    const days: ConsumptionDay[] = []
    for (let day = dayOf(fromMs); dayStartMs(day) < toMs; day++) {
      const patched = stored.get(`${day}/${meter}`) ?? emptyDay(meter, day)
      const startMs = dayStartMs(day)
      const first = Math.max(0, (fromMs - startMs) / HOUR_MS)
      const end = Math.min(24, (toMs - startMs) / HOUR_MS)
      for (let hour = first; hour < end; hour++) {
        const index = (startMs + hour * HOUR_MS - series.firstHourMs) / HOUR_MS
        const known = index >= 0 && index < series.flags.length
        patched.amounts[hour] = known ? (series.amounts[index] as number) : Number.NaN
        patched.flags[hour] = known ? (series.flags[index] as number) : NO_HOUR
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

/** The stored days that a window covers only in part: its first and its last. */
async function storedDays(windows: readonly SettledWindow[], consumption: ConsumptionStore) {
  const metersOfDay = new Map<number, string[]>()
  for (const { meter, fromMs, toMs } of windows) {
    for (const day of new Set([dayOf(fromMs), dayOf(toMs - 1)])) {
      const meters = metersOfDay.get(day)
      if (meters) meters.push(meter)
      else metersOfDay.set(day, [meter])
    }
  }
  const stored = new Map<string, Writable<ConsumptionDay>>()
  for (const [day, meters] of metersOfDay) {
    for (const found of await consumption.get(meters, day, day + 1)) stored.set(`${day}/${found.meter}`, found)
  }
  return stored
}
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const emptyDay = (meter: string, day: number): Writable<ConsumptionDay> => ({
  meter,
  day,
  amounts: new Float64Array(24).fill(Number.NaN),
  flags: new Uint8Array(24).fill(NO_HOUR),
  events: [],
})
