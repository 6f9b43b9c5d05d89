// Stores how far a county is settled: the extent of each meter's readings and the profile it was settled with.

import { createHash } from 'node:crypto'
import type { Meter } from '../../domain/registry/records.ts'
import { datedRegisterOf } from '../../domain/settle/dated-register.ts'
import { docKey } from '../platform.ts'
import type { Extent, MeterWork } from './days.ts'

/**
 * How far a shard is settled, with its meters in columns: a county has thousands of meters, and one record each would
 * cost many times as much to read and to write.
 */
export interface SettledMark {
  /** Mark of the reading store. */
  mark: string
  meters: readonly string[]
  /** Profile with which each meter was settled (`profileKey`). */
  profiles: readonly string[]
  /** First and last reading ever seen of each meter; null where there is none. */
  extents: readonly (Extent | null)[]
  /** The version that settled; absent in marks of 0.1.0. */
  by?: string
  /**
   * Where settling was cut into parts: meters that are settled up to a later mark than `mark` already. Absent once all
   * are.
   */
  done?: { mark: string; meters: readonly string[] }
}

export const settledKey = (shard: string) => docKey<SettledMark>(`settledTo/${shard}`)

/** First and last reading by meter; meters without readings are absent. */
export const extentsOf = (settled: SettledMark | undefined): Map<string, Extent> =>
  new Map(settled?.meters.flatMap((id, i) => (settled.extents[i] ? [[id, settled.extents[i]] as const] : [])))

/** The place of a meter in the mark, or -1: nearly always the same as in the registry. */
export function placesIn(settled: SettledMark | undefined): (id: string, place: number) => number {
  let places: Map<string, number> | undefined
  return (id, place) => {
    if (!settled || settled.meters[place] === id) return settled ? place : -1
    places ??= new Map(settled.meters.map((one, i) => [one, i]))
    return places.get(id) ?? -1
  }
}

export const reaching = (known: Extent | null, { fromMs, toMs }: MeterWork['touched']): Extent =>
  known ? [Math.min(known[0], fromMs), Math.max(known[1], toMs)] : [fromMs, toMs]

/**
 * Meters of a shard that must be settled from their first reading: registered or moved here since the last time, or
 * with another profile, e.g. after a replacement that was entered late. The mark does not cover them.
 */
export function unsettledMeters(meters: readonly Meter[], settled: SettledMark | undefined): string[] {
  const placeOf = placesIn(settled)
  const isSettled = (meter: Meter, index: number): boolean =>
    settled?.profiles[placeOf(meter.id, index)] === profileKey(meter)
  return meters.filter((meter, index) => !isSettled(meter, index)).map(({ id }) => id)
}

export const PROFILE_CHARS = 12

export const profileKeys = new WeakMap<Meter, string>()

/** A short text that changes with any registered fact that decides what a meter's readings mean. */
export function profileKey(meter: Meter): string {
  const known = profileKeys.get(meter)
  if (known) return known
  const { medium, unit, kind, resolution, digits, multiplier, intervalMinutes, stamp, replacements } = meter
  const { direction, ratedMaxPerHour } = meter
  const profile: unknown[] = [medium, unit, kind, resolution, digits, multiplier, intervalMinutes, stamp, replacements]
  profile.push(direction, ratedMaxPerHour)
  const changed = meter.rows?.map((row) => [
    ...[row.validFrom, row.unit, row.resolution, row.digits, row.multiplier],
    ...(row.direction ? [row.direction] : []),
  ])
  if (changed && datedRegisterOf(meter)) profile.push(changed)
  const key = createHash('sha256').update(JSON.stringify(profile)).digest('base64url').slice(0, PROFILE_CHARS)
  profileKeys.set(meter, key)
  return key
}
