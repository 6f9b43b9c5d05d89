// Storms: one cause that raises many alerts is told once. Forty meters behind one gateway are one message, and so are a
// thousand gateways of a city; the number of messages is bounded by the areas involved, not by the alerts.

import { MINUTE_MS } from '../calendar.ts'
import { must } from '../must.ts'
import type { AlertSubject } from './finding.ts'
import type { AlertKind } from './kinds.ts'
import type { AlertEvent } from './life.ts'

/** More events of one kind than this in one area are told as one. */
export const AREA_EVENTS_MAX = 5
/** More silent meters of one gateway than this are told as one. */
export const GATEWAY_METERS_MAX = 2
/** What comes to the same place this long after a storm was told belongs to it, and is not told again. */
export const STORM_MINUTES = 60

/** What is told as one. `place` is what the message names: the subject itself, or the gateway or area of a storm. */
export interface AlertGroup {
  what: AlertEvent['what']
  kind: AlertKind
  place: AlertSubject
  /** In the order given; at least one. More than one: a storm. */
  events: readonly AlertEvent[]
}

/** A storm that was told lately; plain JSON, kept between rounds. */
export interface Storm {
  what: AlertEvent['what']
  kind: AlertKind
  place: AlertSubject
  untilMs: number
  count: number
}

export interface Surroundings {
  /** The gateway of a meter. */
  gatewayOf(meter: string): string | undefined
  /** Area codes that hold a subject, the nearest (county) first, up to the province. */
  areasOf(subject: AlertSubject): readonly string[]
  /** Whether the gateway has an open alert. */
  isOffline(gateway: string): boolean
}

/**
 * Groups the events of one round. Silent meters behind a gateway that is offline (or goes so in this round) are
 * explained by it and appear in no group: they are in `explained`. Acknowledgements and escalations are told one by
 * one. The storms returned are to be given again the next time.
 */
export function group(
  events: readonly AlertEvent[],
  storms: readonly Storm[],
  around: Surroundings,
  nowMs: number,
): { groups: AlertGroup[]; explained: AlertEvent[]; storms: Storm[] } {
  const going = new Set(
    events.filter((e) => e.kind === 'gatewayOffline' && e.what === 'raised').map((e) => e.subject.id),
  )
  const explains = (event: AlertEvent): boolean => {
    const gateway =
      event.kind === 'meterSilent' && event.what === 'raised' ? around.gatewayOf(event.subject.id) : undefined
    return gateway !== undefined && (going.has(gateway) || around.isOffline(gateway))
  }
  const explained = events.filter(explains)
  const live = storms.filter(({ untilMs }) => untilMs > nowMs).map((storm) => ({ ...storm }))
  const groups: AlertGroup[] = []
  const told = events.filter((event) => !explains(event))
  const alone = ({ what }: AlertEvent): boolean => what === 'acknowledged' || what === 'escalated'
  groups.push(...told.filter(alone).map(single))

  const many = Map.groupBy(
    told.filter((event) => !alone(event)),
    ({ what, kind }) => `${what} ${kind}`,
  )
  for (const same of many.values()) {
    const fresh = same.filter((event) => !joins(live, event, around))
    const { groups: found, rest } = gatherByGateway(fresh, around)
    groups.push(...found, ...gatherByArea(rest, around))
  }
  const begun = groups
    .filter(({ events: { length } }) => length > 1)
    .map(({ what, kind, place, events: { length: count } }): Storm => {
      return { what, kind, place, untilMs: nowMs + STORM_MINUTES * MINUTE_MS, count }
    })
  return { groups, explained, storms: [...live, ...begun] }
}

/** Counts the event to a storm that is still going on where it belongs. */
function joins(live: Storm[], event: AlertEvent, around: Surroundings): boolean {
  const gateway = event.subject.type === 'meter' ? around.gatewayOf(event.subject.id) : undefined
  const areas = around.areasOf(event.subject)
  const storm = live.find(
    ({ what, kind, place }) =>
      what === event.what &&
      kind === event.kind &&
      (place.type === 'gateway' ? place.id === gateway : areas.includes(place.id)),
  )
  if (storm) storm.count++
  return storm !== undefined
}

function gatherByGateway(
  events: readonly AlertEvent[],
  around: Surroundings,
): { groups: AlertGroup[]; rest: AlertEvent[] } {
  const silent = (event: AlertEvent): string | undefined =>
    event.kind === 'meterSilent' ? around.gatewayOf(event.subject.id) : undefined
  const groups: AlertGroup[] = []
  const rest: AlertEvent[] = []
  for (const [gateway, own] of Map.groupBy(events, silent)) {
    if (gateway === undefined || own.length <= GATEWAY_METERS_MAX) rest.push(...own)
    else groups.push(asOne(own, { type: 'gateway', id: gateway }))
  }
  return { groups, rest }
}

/**
 * From the counties up: an area with too many becomes one group; what is left over is looked at again one level higher,
 * so what stays alone in the end is at most AREA_EVENTS_MAX for each top area.
 */
function gatherByArea(events: readonly AlertEvent[], around: Surroundings): AlertGroup[] {
  const groups: AlertGroup[] = []
  let rest = events
  const deepest = Math.max(0, ...events.map((event) => around.areasOf(event.subject).length))
  for (let depth = deepest; depth >= 1; depth--) {
    const left: AlertEvent[] = []
    // Counted from the top: a city without counties is level with other cities, not with their counties.
    const areaAt = (event: AlertEvent): string | undefined => around.areasOf(event.subject).at(-depth)
    for (const [area, own] of Map.groupBy(rest, areaAt)) {
      if (area === undefined || own.length <= AREA_EVENTS_MAX) left.push(...own)
      else groups.push(asOne(own, { type: 'area', id: area }))
    }
    rest = left
  }
  return [...groups, ...rest.map(single)]
}

const single = (event: AlertEvent): AlertGroup => asOne([event], event.subject)

const asOne = (events: readonly AlertEvent[], place: AlertSubject): AlertGroup => ({
  what: must(events[0]).what,
  kind: must(events[0]).kind,
  place,
  events,
})
