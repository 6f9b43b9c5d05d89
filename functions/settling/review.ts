// Stores reviews of register events, and the overrides that follow from them, which settling applies. Reviews are
// people's decisions: rebuilding keeps them.

import type { Meter } from '../../domain/registry/records.ts'
import {
  type EventReview,
  eventId,
  type FieldEvent,
  overrideOf,
  type ReviewEntry,
  type ReviewState,
  reviewed,
  withOverride,
} from '../../domain/settle/review.ts'
import type { Override } from '../../domain/settle/series.ts'
import { type Doc, type DocWrite, docKey, type StateStore } from '../platform.ts'

/** Prefix of all of them. */
export const REVIEWS = docKey<EventReview>('review/')
export const reviewKey = (meter: string, event = '') => docKey<EventReview>(`review/${meter}/${event}`)
/** The undone events of a meter. Few have any, so settling reads all of them with one query. */
export const overrideKey = (meter: string) => docKey<Override[]>(`override/${meter}`)

/** Reviews of a meter whose hours must still be settled again; the settling that does so removes them. */
export const resettleKey = (meter: string) => docKey<Resettling[]>(`reopened/${meter}`)

/** The readings whose meaning a review changes, from the first to the last, and the reviewer's entry. */
export interface Resettling {
  fromMs: number
  toMs: number
  event: string
  state: ReviewState
  who: string
  atMs: number
}

export type OverriddenMeter = Meter & { overrides?: readonly Override[] }

/** The undone events by meter. */
export async function readOverrides(state: StateStore): Promise<ReadonlyMap<string, Override[]>> {
  const docs = await state.query(overrideKey(''))
  return new Map(docs.map(({ key, value }) => [key.slice(overrideKey('').length), value]))
}

/**
 * Reviews to settle, by meter. Read before the overrides: an event undone in between is settled by its override now,
 * and then once more, to the same hours.
 */
export async function readResettlings(state: StateStore): Promise<ReadonlyMap<string, Doc<Resettling[]>>> {
  const docs = await state.query(resettleKey(''))
  return new Map(
    docs.filter(({ value }) => value.length > 0).map((doc) => [doc.key.slice(resettleKey('').length), doc]),
  )
}

/** Removes settled reviews. Emptied, not deleted: a new document would start again at version 1. */
export const doneResettling = ({ key, version }: Doc<Resettling[]>): DocWrite => ({
  key,
  value: [],
  ifVersion: version,
})

/** The meters; those with undone events are copies that carry them. */
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

/**
 * Adds an entry to a review and, if its effect on the hours changes, the work for settling. Throws
 * VersionConflict when someone else reviewed the meter at the same time.
 */
export async function putReview(
  state: StateStore,
  given: { meter: string; event: FieldEvent },
  entry: ReviewEntry,
): Promise<EventReview> {
  const key = reviewKey(given.meter, eventId(given.event))
  const stored = await state.get(key)
  const value = reviewed(stored?.value, given, entry)
  const docs: DocWrite[] = [{ key, value, ifVersion: stored?.version ?? 0 }]
  const was = overrideOf(value.event, stored?.value.state ?? 'open')
  const is = overrideOf(value.event, entry.state)
  if (was?.accepted !== is?.accepted || (was === undefined) !== (is === undefined)) {
    const overrides = await state.get(overrideKey(given.meter))
    const resettled = await state.get(resettleKey(given.meter))
    const undone = withOverride(overrides?.value ?? [], given.event, entry.state)
    const waiting = [...(resettled?.value ?? []), reopening(value.event, entry)]
    docs.push(
      { key: overrideKey(given.meter), value: undone, ifVersion: overrides?.version ?? 0 },
      { key: resettleKey(given.meter), value: waiting, ifVersion: resettled?.version ?? 0 },
    )
  }
  await state.put(docs)
  return value
}

const reopening = (event: FieldEvent, { state, who, atMs }: ReviewEntry): Resettling => ({
  fromMs: event.atMs,
  toMs: 'untilMs' in event ? event.untilMs : event.atMs,
  event: eventId(event),
  state,
  who,
  atMs,
})
