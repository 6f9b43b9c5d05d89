// Register events of meters from all sources, with people's reviews. Events found while settling are stored with the
// hours; stuck registers are detected in the hours on request; clock jumps were stored when they were detected.

import { dayOf } from '../../domain/calendar.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { type EventReview, eventId, type FieldEvent, parseEventId } from '../../domain/settle/review.ts'
import type { Platform } from '../platform.ts'
import { clockJumpsOf } from './clock-jumps.ts'
import { REVIEWS, reviewKey } from './review.ts'
import { stuckOf } from './stuck.ts'

export interface MeterEvent {
  meter: string
  event: FieldEvent
  review: EventReview | undefined
}
type Ports = Pick<Platform, 'state' | 'consumption'>

/** A current event, or one that was reviewed once; undefined when the id names neither. */
export async function eventOf(ports: Ports, meter: Meter, id: string): Promise<FieldEvent | undefined> {
  const named = parseEventId(id)
  if (!named) return undefined
  const stored = await currentEvents(ports, [meter], { fromMs: named.atMs, toMs: named.atMs + 1 })
  const found = stored.find(({ event }) => eventId(event) === id)?.event
  return found ?? (await ports.state.get(reviewKey(meter.id, id)))?.value.event
}

/** Events that begin in [fromMs, toMs), including those that people undid, in order of time. */
export async function eventsOf(
  ports: Ports,
  meters: readonly Meter[],
  range: { fromMs: number; toMs: number },
): Promise<MeterEvent[]> {
  const own = new Set(meters.map(({ id }) => id))
  const docs = await ports.state.query(meters.length === 1 && meters[0] ? reviewKey(meters[0].id) : REVIEWS)
  const reviews = docs.map(({ value }) => value).filter(({ meter }) => own.has(meter))
  const reviewOf = new Map(reviews.map((review) => [nameOf(review), review]))
  const found = new Map<string, MeterEvent>()
  for (const { meter, event } of await currentEvents(ports, meters, range)) {
    const name = nameOf({ meter, event })
    found.set(name, { meter, event, review: reviewOf.get(name) })
  }
  for (const [name, review] of reviewOf) {
    const { meter, event, state } = review
    if (state === 'undone' && isInside(event, range) && !found.has(name)) found.set(name, { meter, event, review })
  }
  return [...found.values()].sort(
    (a, b) => a.event.atMs - b.event.atMs || a.meter.localeCompare(b.meter) || a.event.kind.localeCompare(b.event.kind),
  )
}

async function currentEvents(
  ports: Ports,
  meters: readonly Meter[],
  range: { fromMs: number; toMs: number },
): Promise<{ meter: string; event: FieldEvent }[]> {
  const { consumption } = ports
  const ids = meters.map(({ id }) => id)
  const days = await consumption.get(ids, dayOf(range.fromMs), dayOf(range.toMs - 1) + 1)
  const stuck = await stuckOf(consumption, meters, range)
  return [
    ...days.flatMap(({ meter, events }) => events.map((event) => ({ meter, event }))),
    ...[...stuck].flatMap(([meter, events]) => events.map((event) => ({ meter, event }))),
    ...(await clockJumpsOf(ports.state, meters, range)),
  ].filter(({ event }) => isInside(event, range))
}

const nameOf = ({ meter, event }: { meter: string; event: FieldEvent }): string => `${meter} ${eventId(event)}`
const isInside = ({ atMs }: FieldEvent, { fromMs, toMs }: { fromMs: number; toMs: number }): boolean =>
  atMs >= fromMs && atMs < toMs
