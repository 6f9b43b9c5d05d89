// Raw readings → consumption by hour and day, shard by shard. Only what arrived since the last time is looked at, and only
// the hours it can change are written; the mark moves last, so that a kill anywhere leaves work to do again, never undone.

import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { onShards } from '#platform'
import { dayStartMs, monthOf } from '../domain/calendar.ts'
import { isRead, type Meter, type ReadMeter } from '../domain/registry.ts'
import { addDirtyMonths } from './dirty.ts'
import {
  type OverriddenMeter,
  type Reopening,
  readOverrides,
  readReopenings,
  reopenedKey,
  settledReopening,
  withOverrides,
} from './event-review.ts'
import { handlerOf } from './handler.ts'
import { DERIVED, type Doc, type DocWrite, type Platform, type ShardEvent, type ShardResult } from './platform.ts'
import { registryReader } from './registry.ts'
import { type ChangedDays, type Extent, type MeterWork, settleMeters } from './settle-days.ts'
import { settledTrail } from './settled-trail.ts'
import { inPasses } from './shard.ts'
import { hasNewFormulas, putVirtualDays } from './virtual-days.ts'

/**
 * How far a shard is settled, and what is known of its meters, in columns: a county has thousands of meters, and a record
 * of them costs many times as much to read and to write.
 */
export interface SettledMark {
  /** Mark of the reading store. */
  mark: string
  meters: readonly string[]
  /** What each meter was settled by (`profileKey`). */
  profiles: readonly string[]
  /** First and last reading ever seen of each meter; null where there is none. */
  extents: readonly (Extent | null)[]
}
export const settledKey = (shard: string): string => `settledTo/${shard}`

/** First and last reading by meter, of those that have any. */
export const extentsOf = (settled: SettledMark | undefined): Map<string, Extent> =>
  new Map(settled?.meters.flatMap((id, i) => (settled.extents[i] ? [[id, settled.extents[i]] as const] : [])))

/** Shards that share each look at the stores: some 20,000 meters, of which no list takes the event loop for long. */
const SHARDS_PER_PASS = 16

export function settle({ readings, consumption, state, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function settleShards(shards: readonly string[]): Promise<void> {
    const reopenings = await readReopenings(state)
    const overrides = await readOverrides(state)
    const standing: ShardStanding[] = []
    for (const shard of shards) {
      await nextTurn()
      const before = await state.get<SettledMark>(settledKey(shard))
      const all = withOverrides((await registry.shard(shard)).meters, overrides)
      standing.push(await standingOf(shard, { all, reopenings }, before, state))
    }
    const works = (await worksOf(standing, readings)).filter(hasWork)
    if (works.length === 0) return
    const { changed, virtualMarks } = await settleWorks(works, { readings, consumption, state })
    for (const work of works) {
      await nextTurn()
      await addDirtyMonths(state, work.shard, dirtyMonths(work.all, changed), settledTrail(work, changed, now()))
    }
    const marks = works.map(({ shard, before, mark, extents, meters }) => {
      const value: SettledMark = { mark, meters: meters.map(({ id }) => id), profiles: meters.map(profileKey), extents }
      return { key: settledKey(shard), value, ifVersion: before?.version ?? 0 }
    })
    const done = works.flatMap(({ reopened }) => reopened.map(settledReopening))
    await state.put([...marks, ...virtualMarks, ...done], DERIVED)
    await fanOut.send(
      'assess',
      works.map(({ shard }) => shard),
    )
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    return inPasses(shards.length > 0 ? shards : head.shards, SHARDS_PER_PASS, settleShards)
  })
}

export const handler = onShards('settle', settle)

/** Meters of a shard as they are now, and how they were settled last. */
export interface ShardStanding {
  shard: string
  before: Doc<SettledMark> | undefined
  /** All meters to look at, and those of them that are read. A virtual meter comes with all that it may be made of. */
  all: readonly Meter[]
  meters: readonly (ReadMeter & OverriddenMeter)[]
  /** Whether the days of a virtual meter must be made by another formula. */
  hasNew: boolean
  /** Those to settle from their first reading. */
  anew: ReadonlySet<string>
  /** Reviews by which hours are to be settled anew, by meter. */
  reopened: readonly Doc<Reopening[]>[]
}
export interface ShardWork extends ShardStanding {
  mark: string
  touched: readonly MeterWork[]
  /** First and last reading of each of `meters`. */
  extents: readonly (Extent | null)[]
}

/** `all` carry their overrides, which were read after the reviews to settle. */
export async function standingOf(
  shard: string,
  { all, reopenings }: { all: readonly (Meter & OverriddenMeter)[]; reopenings: ReadonlyMap<string, Doc<Reopening[]>> },
  before: Doc<SettledMark> | undefined,
  state: Platform['state'],
): Promise<ShardStanding> {
  const meters = all.filter(isRead)
  const hasNew = await hasNewFormulas(state, shard, all)
  const reopened = meters.flatMap(({ id }) => reopenings.get(id) ?? [])
  return { shard, before, all, meters, hasNew, reopened, anew: new Set(unsettledMeters(meters, before?.value)) }
}

/** What arrived for each shard since it was settled. Shards that were settled up to the same mark share a look. */
export async function worksOf(
  standing: readonly ShardStanding[],
  readings: Platform['readings'],
): Promise<ShardWork[]> {
  const works: ShardWork[] = []
  for (const [since, alike] of Map.groupBy(standing, ({ before }) => before?.value.mark)) {
    const ids = alike.flatMap(({ meters }) => meters.map(({ id }) => id))
    const { mark, touched } = await readings.touchedSince(ids, since)
    // Asked after the mark was taken: what comes in between is settled now, and looked at once more.
    const anew = since === undefined ? [] : alike.flatMap((one) => [...one.anew])
    const whole = anew.length > 0 ? (await readings.touchedSince(anew, undefined)).touched : []
    const touchedOf = new Map([...touched, ...whole].map((one) => [one.meter, one]))
    for (const one of alike) works.push({ ...one, mark, ...touchedOfShard(one, touchedOf) })
  }
  return works
}

const hasWork = ({ touched, anew, hasNew, reopened }: ShardWork): boolean =>
  touched.length > 0 || anew.size > 0 || hasNew || reopened.length > 0

/** Puts the days that follow from the works. The marks are for the caller to put when all that follows from them is safe. */
export async function settleWorks(
  works: readonly ShardWork[],
  { readings, consumption, state }: Pick<Platform, 'readings' | 'consumption' | 'state'>,
): Promise<{ changed: ChangedDays; virtualMarks: DocWrite[] }> {
  const changed: ChangedDays = new Map()
  const settleRound = async (round: readonly MeterWork[]): Promise<void> => {
    for (const [meter, days] of await settleMeters(round, { readings, consumption })) {
      const own = changed.get(meter)
      if (!own) changed.set(meter, days)
      else for (const day of days) own.add(day)
    }
  }
  // By themselves: joined with what arrived, the hours in between would be settled for nothing.
  for (const round of reopenedRounds(works)) await settleRound(round)
  await settleRound(works.flatMap(({ touched }) => touched))
  const virtualMarks: DocWrite[] = []
  for (const { shard, all, meters, extents } of works) {
    const reachOf = (institution: string): number[] =>
      extents.flatMap((extent, i) => (extent && meters[i].institution === institution ? extent : []))
    virtualMarks.push(...(await putVirtualDays({ state, consumption }, { shard, meters: all, changed, reachOf })))
  }
  return { changed, virtualMarks }
}

/** What reviews touch, in rounds that hold each meter once: each window is patched into what the one before has put. */
function reopenedRounds(works: readonly ShardWork[]): MeterWork[][] {
  const rounds: MeterWork[][] = []
  for (const { reopened, meters, extents, anew } of works) {
    const waiting = new Map(reopened.map(({ key, value }) => [key, value]))
    for (const [index, meter] of meters.entries()) {
      const extent = extents[index]
      // One that is settled from its first reading is so by its overrides.
      if (!extent || anew.has(meter.id)) continue
      for (const [round, { fromMs, toMs }] of (waiting.get(reopenedKey(meter.id)) ?? []).entries()) {
        rounds[round] ??= []
        rounds[round].push({ meter, touched: { meter: meter.id, fromMs, toMs, count: 0 }, extent, clears: false })
      }
    }
  }
  return rounds
}

/** What of a shard was touched, and how far its meters' readings reach now. */
function touchedOfShard({ before, meters, anew }: ShardStanding, touchedOf: ReadonlyMap<string, MeterWork['touched']>) {
  const settled = before?.value
  const placeOf = placesIn(settled)
  const touched: MeterWork[] = []
  const extents: (Extent | null)[] = []
  for (const [index, meter] of meters.entries()) {
    const isAnew = anew.has(meter.id)
    // A meter that has left and come back is one that is settled anew: what stood of it is forgotten here.
    const known = isAnew ? null : (settled?.extents[placeOf(meter.id, index)] ?? null)
    const now = touchedOf.get(meter.id)
    const extent = now ? reaching(known, now) : known
    extents.push(extent)
    if (extent && now) touched.push({ meter, touched: now, extent, clears: isAnew && settled !== undefined })
  }
  return { touched, extents }
}

/** Where a meter stands in the mark, -1 when it does not: nearly always at the place it has in the registry. */
function placesIn(settled: SettledMark | undefined): (id: string, place: number) => number {
  let places: Map<string, number> | undefined
  return (id, place) => {
    if (!settled || settled.meters[place] === id) return settled ? place : -1
    places ??= new Map(settled.meters.map((one, i) => [one, i]))
    return places.get(id) ?? -1
  }
}

const reaching = (known: Extent | null, { fromMs, toMs }: MeterWork['touched']): Extent =>
  known ? [Math.min(known[0], fromMs), Math.max(known[1], toMs)] : [fromMs, toMs]

/** Months to judge anew, by institution. */
function dirtyMonths(meters: readonly Meter[], changed: ChangedDays): Map<string, Set<string>> {
  const dirty = new Map<string, Set<string>>()
  const months = new Map<number, string>()
  for (const { id, institution } of meters) {
    for (const day of changed.get(id) ?? []) {
      const month = months.get(day) ?? monthOf(dayStartMs(day))
      months.set(day, month)
      const own = dirty.get(institution)
      if (own) own.add(month)
      else dirty.set(institution, new Set([month]))
    }
  }
  return dirty
}

/**
 * Meters of a shard that must be settled from their first reading: registered or moved here since the last time, or
 * described otherwise, e.g. by a replacement that was entered late. The mark says nothing of them.
 */
export function unsettledMeters(meters: readonly Meter[], settled: SettledMark | undefined): string[] {
  const placeOf = placesIn(settled)
  const isSettled = (meter: Meter, index: number): boolean =>
    settled?.profiles[placeOf(meter.id, index)] === profileKey(meter)
  return meters.filter((meter, index) => !isSettled(meter, index)).map(({ id }) => id)
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
