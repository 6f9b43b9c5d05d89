// Storms are told once: the number of messages is bounded by the areas involved, however many alerts there are.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AlertKind } from '../../../domain/alert/kinds.ts'
import { type AlertEvent, advance } from '../../../domain/alert/life.ts'
import { AREA_EVENTS_MAX, group, STORM_MINUTES, type Storm, type Surroundings } from '../../../domain/alert/storm.ts'
import { asked, judged, MINUTE, NOW } from './asked.ts'

const silence = { lastMs: NOW, minutes: 600, everyMinutes: 15 }
function raised(kind: 'gatewayOffline' | 'meterSilent', id: string, atMs = NOW): AlertEvent {
  const type = kind === 'meterSilent' ? ('meter' as const) : ('gateway' as const)
  const question = { ...asked(kind, id), subject: { type, id } }
  const finding = judged<AlertKind>(kind, question, { value: 40, facts: silence })
  return advance(undefined, finding, atMs).events[0]
}

/** Ids tell where things are: gateway `130102-7`, meter `130102-7-3`. */
const around: Surroundings = {
  gatewayOf: (meter) => meter.split('-').slice(0, 2).join('-'),
  areasOf: ({ id }) => {
    const county = id.slice(0, 6)
    return [county, `${county.slice(0, 4)}00`, '130000']
  },
  isOffline: () => false,
}
const gateways = (county: string, count: number) =>
  Array.from({ length: count }, (_, index) => raised('gatewayOffline', `${county}-${index}`))
const meters = (gateway: string, count: number) =>
  Array.from({ length: count }, (_, index) => raised('meterSilent', `${gateway}-${index}`))
const told = (events: AlertEvent[], place: Partial<Surroundings> = {}) =>
  group(events, [], { ...around, ...place }, NOW).groups.map(({ place: { type, id }, events: { length } }) =>
    [type, id, length].join(' '),
  )

describe('a gateway and its meters', () => {
  test('a dead gateway is one message, not forty', () => {
    expect(told([...meters('130102-7', 40), raised('gatewayOffline', '130102-7')])).toEqual(['gateway 130102-7 1'])
  })
  test('nor later, while it is known to be offline', () => {
    expect(told(meters('130102-7', 40), { isOffline: (id) => id === '130102-7' })).toEqual([])
  })
  test('forty silent meters behind a gateway that speaks are one message', () => {
    expect(told(meters('130102-7', 40))).toEqual(['gateway 130102-7 40'])
  })
  test('two are two', () => expect(told(meters('130102-7', 2))).toHaveLength(2))
})

describe('a mass outage', () => {
  test('a few stay single', () => expect(told(gateways('130102', AREA_EVENTS_MAX))).toHaveLength(AREA_EVENTS_MAX))
  test('one more, and the county is told as one', () => {
    expect(told(gateways('130102', AREA_EVENTS_MAX + 1))).toEqual([`area 130102 ${AREA_EVENTS_MAX + 1}`])
  })
  test('a few in each county of a city: the city is told', () => {
    expect(told(['130102', '130104', '130105'].flatMap((county) => gateways(county, 4)))).toEqual(['area 130100 12'])
  })
  test('1,000 gateways over 14 cities and 167 counties: no more messages than areas', () => {
    const counties = Array.from({ length: 167 }, (_, index) => String(130100 + (index % 14) * 100 + 2 + (index % 11)))
    const events = Array.from({ length: 1000 }, (_, index) =>
      raised('gatewayOffline', `${counties[index % 167]}-${index}`),
    )
    const groups = group(events, [], around, NOW).groups
    const areas = new Set(events.flatMap(({ subject }) => around.areasOf(subject)))
    expect(groups.length).toBeLessThanOrEqual(areas.size + AREA_EVENTS_MAX)
    expect(groups.flatMap((one) => one.events)).toHaveLength(1000)
  })

  test('stragglers of the next rounds belong to the storm; an hour later it is news again', () => {
    let storms: Storm[] = []
    const messages = [0, 15, 30, STORM_MINUTES + 1].map((minutes) => {
      const round = group(gateways('130102', 100), storms, around, NOW + minutes * MINUTE)
      storms = round.storms
      return round.groups.length
    })
    expect(messages).toEqual([1, 0, 0, 1])
    expect(storms).toMatchObject([{ count: 100 }])
  })
})

test('no event is lost or told twice, and messages are bounded by areas, gateways and a constant', () => {
  const county = fc.constantFrom('130102', '130104', '130202', '130203', '130302')
  const event = fc.oneof(
    fc.tuple(county, fc.nat(200)).map(([code, n]) => raised('gatewayOffline', `${code}-${n}`)),
    fc.tuple(county, fc.nat(5), fc.nat(60)).map(([code, n, m]) => raised('meterSilent', `${code}-${n}-${m}`)),
  )
  fc.assert(
    fc.property(fc.uniqueArray(event, { maxLength: 300, selector: ({ alert }) => alert }), (events) => {
      const { groups, explained } = group(events, [], around, NOW)
      const all = [...groups.flatMap((one) => one.events), ...explained].map(({ alert }) => alert)
      expect(all.toSorted()).toEqual(events.map(({ alert }) => alert).toSorted())
      // 5 counties, 3 cities, 1 province for either kind; up to 30 gateways with silent meters; what stays single.
      expect(groups.length).toBeLessThanOrEqual(2 * (5 + 3 + 1 + AREA_EVENTS_MAX) + 30)
    }),
    { numRuns: 1000 },
  )
})
