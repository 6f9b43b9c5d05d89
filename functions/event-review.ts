// Reviews of register events as documents, and the overrides that follow from them, by which settling goes.
// Reviews are what people said: rebuilding keeps them.

import type { RegisterEvent } from '../domain/register.ts'
import {
  type EventReview,
  eventId,
  type Override,
  type ReviewEntry,
  reviewed,
  withOverride,
} from '../domain/register-review.ts'
import type { Meter } from '../domain/registry.ts'
import type { StateStore } from './platform.ts'

export const reviewKey = (meter: string, event = ''): string => `review/${meter}/${event}`
/** The events of a meter that are undone. Few have any, so that settling reads all of them with one query. */
export const overrideKey = (meter: string): string => `override/${meter}`

export type OverriddenMeter = Meter & { overrides?: readonly Override[] }

/** By meter, the events that are undone now. */
export async function readOverrides(state: StateStore): Promise<ReadonlyMap<string, Override[]>> {
  const docs = await state.query<Override[]>(overrideKey(''))
  return new Map(docs.map(({ key, value }) => [key.slice(overrideKey('').length), value]))
}

/** The meters, those with undone events as copies that carry them. */
export const withOverrides = <M extends Meter>(
  meters: readonly M[],
  overrides: ReadonlyMap<string, Override[]>,
): (M & OverriddenMeter)[] =>
  overrides.size === 0
    ? [...meters]
    : meters.map((meter) => {
        const own = overrides.get(meter.id)
        return own && own.length > 0 ? { ...meter, overrides: own } : meter
      })

/** Writes one more entry of a review. Throws VersionConflict when someone else reviewed the meter at the same time. */
export async function putReview(
  state: StateStore,
  of: { meter: string; event: RegisterEvent },
  entry: ReviewEntry,
): Promise<EventReview> {
  const key = reviewKey(of.meter, eventId(of.event))
  const standing = await state.get<EventReview>(key)
  const overrides = await state.get<Override[]>(overrideKey(of.meter))
  const value = reviewed(standing?.value, of, entry)
  const undone = withOverride(overrides?.value ?? [], of.event, entry.state === 'undone')
  await state.put([
    { key: overrideKey(of.meter), value: undone, ifVersion: overrides?.version ?? 0 },
    { key, value, ifVersion: standing?.version ?? 0 },
  ])
  return value
}
