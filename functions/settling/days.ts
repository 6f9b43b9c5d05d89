// Settles touched readings into days, meter by meter: loads the readings around what was touched, settles the hours
// these can change and patches their days. Used by settling, and to show hours before they are settled.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { dayOf, dayStartMs, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { DOUBTFUL, NO_HOUR } from '../../domain/hours.ts'
import type { Meter, ReadMeter } from '../../domain/registry/records.ts'
import {
  type DatedRegister,
  datedProfile,
  datedRegisterOf,
  inFirstUnit,
  inHourScales,
} from '../../domain/settle/dated-register.ts'
import { DROPOUT_READINGS_MAX } from '../../domain/settle/dropout.ts'
import { AFTER_STEPS } from '../../domain/settle/pace.ts'
import { inRegisterUnit } from '../../domain/settle/sent-samples.ts'
import type { HourSeries, MeterProfile, Samples } from '../../domain/settle/series.ts'
import { isInDoubt, planWindow, settleSamples, widenedTouch } from '../../domain/settle/settle.ts'
import type { TouchedSpan, WindowPlan } from '../../domain/settle/window.ts'
import { factorToAmount } from '../../domain/unit.ts'
import type { ConsumptionDay, ConsumptionStore, ReadingStore, Touched } from '../platform.ts'
import { inTurns } from '../state/turns.ts'
import { type DayRun, daysInGaps, hoursToSettle, withoutDays } from './long-gaps.ts'
import type { OverriddenMeter } from './review.ts'

export type Extent = readonly [firstMs: number, lastMs: number]

/** A meter with new readings. */
export interface MeterWork {
  meter: ReadMeter & OverriddenMeter
  touched: Touched & Pick<TouchedSpan, 'isReview'>
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
const METERS_PER_TURN = 32
const SAMPLES_PER_TURN = 5_000
/** Hours of one turn, some 10,000 days and 5 MB, whatever times the readings have. */
const HOURS_PER_TURN = 240_000
/** Readings that planWindow needs before the touched ones where nothing is doubtful, and two more. */
const NEAR_READINGS = DROPOUT_READINGS_MAX + AFTER_STEPS + 4
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
/** Rounds of loading: a meter in doubt needs one reach more, and once more when its doubt turns out to go on. */
const ROUNDS_MAX = 8

/**
 * planWindow needs a surely good reading before the touched ones, with as many readings before it as a dropout has, and
 * the start of its hour: an hour and some twenty intervals when readings are punctual.
 */
function nearMs({ intervalMinutes }: ReadMeter): number {
  return HOUR_MS + NEAR_READINGS * intervalMinutes * MINUTE_MS
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
  // A meter may have years of days, and thousands change with one import.
  const cleared = works.filter(({ clears }) => clears)
  for await (const { meter, touched } of inTurns(cleared, 1)) {
    const [fromDay, toDay] = [dayOf(touched.fromMs) - OUTSIDE_DAYS, dayOf(touched.toMs) + OUTSIDE_DAYS + 1]
    const days = await stores.consumption.get([meter.id], fromDay, toDay)
    await put(days.map(({ day }) => emptyDay(meter.id, day)))
  }
  // Meters whose anchors lie farther away, or whose doubt goes on, go round again with a longer reach.
  let waiting = [...works]
  for (let round = 0; round < ROUNDS_MAX && waiting.length > 0; round++) {
    const reach = REACHES[Math.min(round, REACHES.length - 1)] ?? nearMs
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
    const planned: PlannedWindow[] = []
    let hours = 0
    const hasRoom = (count: number): boolean =>
      count < SAMPLES_PER_TURN && hours < HOURS_PER_TURN && planned.length < METERS_PER_TURN
    for (let count = 0; first < works.length && hasRoom(count); first++) {
      const work = works[first] as MeterWork // first < works.length
      const samples = samplesIn(work.meter, samplesOf.get(work.meter.id))
      const edge = { reachesStart: fromMs <= work.extent[0], reachesEnd: toMs > work.extent[1] }
      const profile = profileOf(work.meter)
      const plan = planWindow(profile, samples, work.touched, edge)
      if ('more' in plan) farther.push(work)
      else {
        const gaps = daysInGaps(profile, samples, plan)
        planned.push({ work, profile, samples, plan, gaps })
        hours += hoursToSettle(plan, gaps)
      }
      count += samples.atMs.length
    }
    const stored = await storedDays(planned, consumption)
    const windows: SettledWindow[] = []
    for (const window of planned) {
      const settled = settleWindow(window, stored)
      if (Array.isArray(settled)) windows.push(...settled)
      else farther.push(await widenedWork(window.work, settled, consumption))
    }
    for (const day of patchedDays(windows, stored)) days.push(day)
    for (const day of await daysToEmpty(planned, farther, consumption)) days.push(day)
    if (days.length < DAYS_PER_PUT && first < works.length) continue
    await put(days)
    days = []
  }
  return farther
}

interface PlannedWindow {
  work: MeterWork
  profile: MeterProfile
  samples: Samples
  plan: WindowPlan
  /** Days in the window that are neither settled nor stored. */
  gaps: readonly DayRun[]
}

interface SettledWindow {
  meter: string
  fromMs: number
  toMs: number
  series: HourSeries
}

/**
 * Settles the hours that the touched readings can change; the span to settle instead when it begins or ends in doubt.
 */
function settleWindow(
  { work: { meter, touched, extent }, profile, samples, plan, gaps }: PlannedWindow,
  stored: StoredDays,
): SettledWindow[] | { fromMs: number; toMs: number } {
  const windows = withoutDays(plan, gaps).map((part): SettledWindow => {
    const series = hoursOf(meter, settleSamples(profile, samples, part))
    return { meter: meter.id, fromMs: part.fromMs, toMs: part.toMs, series }
  })
  const flagAt = (hourMs: number): number => {
    const day = dayOf(hourMs)
    return stored.get(`${day}/${meter.id}`)?.flags[(hourMs - dayStartMs(day)) / HOUR_MS] ?? NO_HOUR
  }
  const endsInDoubt = windows.at(-1)?.series.endsInDoubt ?? false
  return widenedTouch(touched, plan, { flagAt, endsInDoubt, lastMs: extent[1] }) ?? windows
}

/** The stored days inside the gaps of the windows that were settled: readings that have gone stood there. */
async function daysToEmpty(
  planned: readonly PlannedWindow[],
  farther: readonly MeterWork[],
  consumption: ConsumptionStore,
): Promise<ConsumptionDay[]> {
  const emptied: ConsumptionDay[] = []
  const again = new Set(farther.map(({ meter }) => meter.id))
  for (const { work, gaps } of planned) {
    if (again.has(work.meter.id)) continue
    for (const { fromDay, toDay } of gaps) {
      const days = await consumption.get([work.meter.id], fromDay, toDay)
      emptied.push(...days.map(({ day }) => emptyDay(work.meter.id, day)))
    }
  }
  return emptied
}

/** Days looked through at once for the beginning of a doubt. */
const DOUBT_DAYS = 62

/** The work over a widened span, from the first of the doubtful hours on: these may begin long before the window. */
async function widenedWork(
  work: MeterWork,
  span: { fromMs: number; toMs: number },
  consumption: ConsumptionStore,
): Promise<MeterWork> {
  let { fromMs } = span
  for (let toDay = dayOf(fromMs) + 1; fromMs < work.touched.fromMs; toDay -= DOUBT_DAYS) {
    const days = await consumption.get([work.meter.id], toDay - DOUBT_DAYS, toDay)
    const flags = new Map(days.map(({ day, flags }) => [day, flags]))
    const flagBefore = (ms: number): number => {
      const day = dayOf(ms - HOUR_MS)
      // No day is stored inside a long gap, which a doubt may reach across.
      const none = ms > work.extent[0] ? DOUBTFUL : NO_HOUR
      return flags.get(day)?.[(ms - HOUR_MS - dayStartMs(day)) / HOUR_MS] ?? none
    }
    while (isInDoubt(flagBefore(fromMs))) fromMs -= HOUR_MS
    if (fromMs > dayStartMs(toDay - DOUBT_DAYS)) break
  }
  return { ...work, touched: { ...work.touched, fromMs, toMs: Math.min(span.toMs, work.extent[1]) } }
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
  const own = inRegisterUnit(samples, meter)
  return register ? inFirstUnit(own, register) : own
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
function patchedDays(windows: readonly SettledWindow[], stored: StoredDays): ConsumptionDay[] {
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

type StoredDays = ReadonlyMap<string, Writable<ConsumptionDay>>

/** The stored days of the first and the last hour of each window, and of the hours beside it. */
async function storedDays(windows: readonly PlannedWindow[], consumption: ConsumptionStore): Promise<StoredDays> {
  const metersOfDay = new Map<number, string[]>()
  for (const { work, plan } of windows) {
    const beside = [plan.fromMs - HOUR_MS, plan.fromMs, plan.toMs - 1, plan.toMs]
    for (const day of new Set(beside.map(dayOf))) {
      const meters = metersOfDay.get(day)
      if (meters) meters.push(work.meter.id)
      else metersOfDay.set(day, [work.meter.id])
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
