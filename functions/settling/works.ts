// Finds the meters of a county whose hours must be settled again, and settles them.

import { dayStartMs, type Month, monthOf } from '../../domain/calendar.ts'
import { institutionsOf } from '../../domain/registry/dated.ts'
import { isRead, type Meter, type ReadMeter } from '../../domain/registry/records.ts'
import type { Doc, DocWrite, Platform } from '../platform.ts'
import { VERSION } from '../state/version.ts'
import { type ChangedDays, type Extent, type MeterWork, settleMeters } from './days.ts'
import { placesIn, reaching, type SettledMark, unsettledMeters } from './mark.ts'
import { type OverriddenMeter, type Resettling, resettleKey } from './review.ts'
import { hasNewFormulas, putVirtualDays } from './virtual-days.ts'

/**
 * The state of a shard before its new readings are asked for: its meters, the mark of its last settling, and what must
 * be settled for other reasons (new meters, reviews, changed formulas).
 */
export interface ShardState {
  shard: string
  before: Doc<SettledMark> | undefined
  /** All meters to check, and those of them that are read. A virtual meter comes with all its possible parts. */
  all: readonly Meter[]
  meters: readonly (ReadMeter & OverriddenMeter)[]
  /** Whether a virtual meter's formula changed, so its days must be made again. */
  hasNew: boolean
  /** Meters to settle from their first reading. */
  anew: ReadonlySet<string>
  /** Reviews whose hours must be settled again, by meter. */
  resettled: readonly Doc<Resettling[]>[]
}

export interface ShardWork extends ShardState {
  mark: string
  touched: readonly MeterWork[]
  /** First and last reading of each of `meters`. */
  extents: readonly (Extent | null)[]
}

/** `all` carry their overrides, which were read after the reviews to settle. */
export async function shardStateOf(
  shard: string,
  {
    all,
    resettlings,
  }: { all: readonly (Meter & OverriddenMeter)[]; resettlings: ReadonlyMap<string, Doc<Resettling[]>> },
  before: Doc<SettledMark> | undefined,
  state: Platform['state'],
): Promise<ShardState> {
  const meters = all.filter(isRead)
  const hasNew = await hasNewFormulas(state, shard, all)
  const resettled = meters.flatMap(({ id }) => resettlings.get(id) ?? [])
  return { shard, before, all, meters, hasNew, resettled, anew: new Set(unsettledMeters(meters, before?.value)) }
}

/** Readings that arrived for each shard since it was settled. Shards settled up to the same mark share a read. */
export async function worksOf(states: readonly ShardState[], readings: Platform['readings']): Promise<ShardWork[]> {
  const works: ShardWork[] = []
  for (const [since, alike] of Map.groupBy(states, ({ before }) => before?.value.mark)) {
    const ids = alike.flatMap(({ meters }) => meters.map(({ id }) => id))
    const { mark, touched } = await readings.touchedSince(ids, since)
    // Read after the mark was taken: readings that arrive in between are settled now and checked once more.
    const anew = since === undefined ? [] : alike.flatMap((one) => [...one.anew])
    const whole = anew.length > 0 ? (await readings.touchedSince(anew, undefined)).touched : []
    const touchedOf = new Map([...touched, ...whole].map((one) => [one.meter, one]))
    for (const { before } of alike) await takeDone(before?.value.done, touchedOf, readings)
    for (const one of alike) works.push({ ...one, mark, ...touchedOfShard(one, touchedOf) })
  }
  return works
}

/** Meters that an earlier part settled further count as touched only by what arrived since. */
async function takeDone(
  done: SettledMark['done'],
  touchedOf: Map<string, MeterWork['touched']>,
  readings: Platform['readings'],
): Promise<void> {
  if (!done) return
  for (const id of done.meters) touchedOf.delete(id)
  for (const one of (await readings.touchedSince(done.meters, done.mark)).touched) touchedOf.set(one.meter, one)
}

export const hasWork = ({ touched, anew, hasNew, resettled, before }: ShardWork): boolean =>
  touched.length > 0 || anew.size > 0 || hasNew || resettled.length > 0 || isOfOlderVersion(before)
/** Its mark is written again, so that what is settled from now on is no upgrade; or so that it has no parts. */
const isOfOlderVersion = (before: ShardState['before']): boolean =>
  before !== undefined && (before.value.by !== VERSION || before.value.done !== undefined)

/**
 * Puts the days that follow from the works. The caller puts the marks once everything that follows from them is safe.
 */
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
  // Settled separately: merged with new readings, the window would cover all hours in between for nothing.
  for (const round of reopenedRounds(works)) await settleRound(round)
  await settleRound(works.flatMap(({ touched }) => touched))
  const virtualMarks: DocWrite[] = []
  for (const { shard, all, meters, extents } of works) {
    const reachOf = (institution: string): number[] =>
      extents.flatMap((extent, i) => (extent && meters[i]?.institution === institution ? extent : []))
    virtualMarks.push(...(await putVirtualDays({ state, consumption }, { shard, meters: all, changed, reachOf })))
  }
  return { changed, virtualMarks }
}

/** Reviewed ranges, in rounds that hold each meter once: each window is patched into the result of the round before. */
export function reopenedRounds(works: readonly ShardWork[]): MeterWork[][] {
  const rounds: MeterWork[][] = []
  for (const { resettled, meters, extents, anew } of works) {
    const waiting = new Map(resettled.map(({ key, value }) => [key, value]))
    for (const [index, meter] of meters.entries()) {
      const extent = extents[index]
      // A meter that is settled from its first reading applies its overrides anyway.
      if (!extent || anew.has(meter.id)) continue
      for (const [round, { fromMs, toMs, event }] of (waiting.get(resettleKey(meter.id)) ?? []).entries()) {
        rounds[round] ??= []
        // A reading beyond the digits that counts after all changes the pace of what follows.
        const isReview = !event.startsWith('overflow:')
        const touched = { meter: meter.id, fromMs, toMs, count: 0, isReview }
        rounds[round].push({ meter, touched, extent, clears: false })
      }
    }
  }
  return rounds
}

/** The shard's touched meters, and the new extents of its meters' readings. */
export function touchedOfShard(
  { before, meters, anew }: ShardState,
  touchedOf: ReadonlyMap<string, MeterWork['touched']>,
) {
  const settled = before?.value
  const placeOf = placesIn(settled)
  const touched: MeterWork[] = []
  const extents: (Extent | null)[] = []
  for (const [index, meter] of meters.entries()) {
    const isAnew = anew.has(meter.id)
    // A meter that left and came back is settled from its first reading: its old extent is dropped here.
    const known = isAnew ? null : (settled?.extents[placeOf(meter.id, index)] ?? null)
    const now = touchedOf.get(meter.id)
    const extent = now ? reaching(known, now) : known
    extents.push(extent)
    if (extent && now) touched.push({ meter, touched: now, extent, clears: isAnew && settled !== undefined })
  }
  return { touched, extents }
}

/** Months to judge again, by institution. */
export function dirtyMonths(meters: readonly Meter[], changed: ChangedDays): Map<string, Set<Month>> {
  const dirty = new Map<string, Set<Month>>()
  const months = new Map<number, Month>()
  for (const meter of meters) {
    for (const day of changed.get(meter.id) ?? []) {
      const month = months.get(day) ?? monthOf(dayStartMs(day))
      months.set(day, month)
      for (const institution of institutionsOf(meter)) {
        const own = dirty.get(institution)
        if (own) own.add(month)
        else dirty.set(institution, new Set([month]))
      }
    }
  }
  return dirty
}
