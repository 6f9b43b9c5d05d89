// Groups alert events into storms: one cause that raises many alerts is reported once. Forty meters behind one gateway
// are one message, and so are a thousand gateways of a city; the number of areas bounds the number of messages.

import { MINUTE_MS } from '../calendar.ts'
import { must } from '../must.ts'
import type { AlertSubject } from './finding.ts'
import type { AlertKind } from './kinds.ts'
import type { AlertEvent } from './life.ts'

/** More events of one kind than this in one area become one message. */
export const AREA_EVENTS_MAX = 5
/** More silent meters of one gateway than this become one message. */
export const GATEWAY_METERS_MAX = 2
/** Events at the same place within this time after a storm was reported belong to it and are not reported again. */
export const STORM_MINUTES = 60

/** The events of one message. `place`: the subject itself, or the gateway or area of a storm. */
export interface AlertGroup {
  what: AlertEvent['what']
  kind: AlertKind
  place: AlertSubject
  /** In the order given; at least one. More than one: a storm. */
  events: readonly AlertEvent[]
}

/** A storm that was reported recently; plain JSON, kept between rounds. */
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
  /** Codes of the areas of a subject, the nearest (county) first, up to the province. */
  areasOf(subject: AlertSubject): readonly string[]
  /** True when the gateway has an open alert. */
  isOffline(gateway: string): boolean
}

/**
 * Groups the events of one round. An offline gateway (or one that goes offline in this round) explains its silent
 * meters: they are returned in `explained` and in no group. Acknowledgements and escalations are reported one by one.
 * Pass the returned storms to the next round.
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

/** Adds the event to a storm that is still active at its place. */
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
 * From the counties up: an area with too many events becomes one group; the rest is grouped one level higher. At most
 * AREA_EVENTS_MAX events per top area stay single.
 */
function gatherByArea(events: readonly AlertEvent[], around: Surroundings): AlertGroup[] {
  const groups: AlertGroup[] = []
  let rest = events
  const deepest = Math.max(0, ...events.map((event) => around.areasOf(event.subject).length))
  for (let depth = deepest; depth >= 1; depth--) {
    const left: AlertEvent[] = []
    // Depth counts from the top: a city without counties is at the level of other cities, not of their counties.
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
